/**
 * The watermark outbox: state + event → state + effects. Pending is what has `seq > ackedSeq`.
 *
 *   buffer (read ahead)      in flight, in order, at most `maxInFlight`      confirmed by the hub ─persist─▶ ackedSeq (stored)
 *   [nextSeq … headSeq]  ─▶  [ batch 3 | batch 2 | batch 1 ]             ─▶  confirmedSeq
 *
 * Invariants: batches leave in order without gaps; answers count in the order of their batches; the watermark never passes a
 * record that the hub did not confirm, nor one whose verdicts are not in the same or an earlier `persist`; only the hub's own
 * word (a restored hub) lowers it. An answer of a former connection or of an abandoned batch changes nothing.
 */
import { must, unreachable } from '../contract/assert.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { batchLimits } from '../contract/protocol.ts'
import type { TidelineRecord } from '../contract/record.ts'
import type { UpResponse } from '../contract/up.ts'
import type { Verdict } from '../contract/verdict.ts'
import { bytesOf, cutBatch, type Waiting } from './batch-cut.ts'
import { wireBytesOf } from './wire-size.ts'

export type BatchAnswer = UpResponse<'batch'>

interface InFlight {
  batch: number
  fromSeq: number
  toSeq: number
  /** Sent before a rewind: it still occupies the line, its answer is not used. */
  abandoned: boolean
  answer: BatchAnswer | null
}

export interface OutboxState {
  /** The stored watermark. */
  ackedSeq: number
  /** The watermark once every `persist` effect given out so far is done. */
  confirmedSeq: number
  /** The newest record that can be read. */
  headSeq: number
  connection: number | null
  /** What the hub may truthfully claim to hold: what it welcomed us with, or what was sent since. */
  claimableSeq: number
  /** The next record to put into a batch; the buffer starts here. */
  nextSeq: number
  buffer: readonly Waiting[]
  /** The seq a running read starts at. */
  readingFrom: number | null
  inFlight: readonly InFlight[]
  nextBatch: number
  /** Rewinds since the hub last confirmed something. */
  rewinds: number
}

export type OutboxEvent =
  | { kind: 'appended'; headSeq: number }
  /** The journal gave up what it had up to here before it was copied; that is acknowledged, or it would be there still. */
  | { kind: 'pruned'; prunedSeq: number }
  /** `localHash`: the journal's own chain hash at `hubAckedSeq`, null when the journal does not reach that far. */
  | { kind: 'welcomed'; connection: number; hubAckedSeq: number; hubHash: string; localHash: string | null }
  | { kind: 'lost' }
  | { kind: 'read'; connection: number; fromSeq: number; records: readonly TidelineRecord[] }
  | { kind: 'answered'; connection: number; batch: number; answer: BatchAnswer }
  | { kind: 'persisted'; ackedSeq: number }
  | { kind: 'persist-failed' }

export type OutboxEffect =
  | { kind: 'read'; connection: number; fromSeq: number; limit: number }
  | { kind: 'send'; connection: number; batch: number; records: readonly TidelineRecord[] }
  /** Store the verdicts, then the watermark, in the order given. */
  | { kind: 'persist'; ackedSeq: number; verdicts: readonly Verdict[] }
  /** Drop the connection; the next welcome decides. */
  | { kind: 'reset'; reason: string }
  | { kind: 'refuse'; code: ErrorCode; message: string }

export interface OutboxStep {
  state: OutboxState
  effects: OutboxEffect[]
}

/** As many as can be in flight: a lost connection or a crash never leaves more unheard of. */
export const relearnLimit = batchLimits.maxInFlight * batchLimits.maxRecords
const maxRewinds = 5

export const openOutbox = (ackedSeq: number, headSeq: number): OutboxState => ({
  ackedSeq,
  confirmedSeq: ackedSeq,
  headSeq,
  connection: null,
  claimableSeq: 0,
  nextSeq: ackedSeq + 1,
  buffer: [],
  readingFrom: null,
  inFlight: [],
  nextBatch: 1,
  rewinds: 0,
})

export const stepOutbox = (state: OutboxState, event: OutboxEvent): OutboxStep => {
  switch (event.kind) {
    case 'appended':
      return fill({ ...state, headSeq: Math.max(state.headSeq, event.headSeq) }, [])
    case 'pruned':
      return takePruned(state, event.prunedSeq)
    case 'welcomed':
      return welcome(state, event)
    case 'lost':
      return { state: disconnected(state), effects: [] }
    case 'read':
      return event.connection === state.connection ? takeRead(state, event.fromSeq, event.records) : stay(state)
    case 'answered':
      return event.connection === state.connection ? takeAnswer(state, event.batch, event.answer) : stay(state)
    case 'persisted':
      return stay({ ...state, ackedSeq: event.ackedSeq })
    case 'persist-failed':
      return reset({ ...state, confirmedSeq: state.ackedSeq }, 'the local database did not take the acknowledgement')
    default:
      return unreachable(event)
  }
}

/**
 * Where to go on from. A hub that is behind (restored) takes the watermark down. One that is ahead took what we did not hear of:
 * that is sent again, since the hub skips it and repeats its verdicts; after a wipe no more than `relearnLimit` of it.
 */
export const resumeFrom = (confirmedSeq: number, hubAckedSeq: number): number =>
  Math.min(hubAckedSeq, Math.max(confirmedSeq, hubAckedSeq - relearnLimit))

const stay = (state: OutboxState): OutboxStep => ({ state, effects: [] })

const disconnected = (state: OutboxState): OutboxState => ({ ...state, connection: null, inFlight: [], buffer: [], readingFrom: null })

const reset = (state: OutboxState, reason: string, before: readonly OutboxEffect[] = []): OutboxStep => ({
  state: disconnected(state),
  effects: [...before, { kind: 'reset', reason }],
})

const welcome = (state: OutboxState, event: Extract<OutboxEvent, { kind: 'welcomed' }>): OutboxStep => {
  const { hubAckedSeq, connection } = event
  if (event.localHash === null || event.localHash !== event.hubHash) {
    const message =
      event.localHash === null
        ? `The hub holds this journal up to ${hubAckedSeq}, further than the journal itself.`
        : `At ${hubAckedSeq} the hub holds another record than the journal.`
    return { state: disconnected(state), effects: [{ kind: 'refuse', code: 'JOURNAL_BEHIND', message }] }
  }
  const confirmedSeq = resumeFrom(state.confirmedSeq, hubAckedSeq)
  const resumed: OutboxState = {
    ...disconnected(state),
    connection,
    confirmedSeq,
    claimableSeq: hubAckedSeq,
    nextSeq: confirmedSeq + 1,
    rewinds: 0,
  }
  return fill(resumed, confirmedSeq === state.confirmedSeq ? [] : [{ kind: 'persist', ackedSeq: confirmedSeq, verdicts: [] }])
}

/** What is on its way may begin among the records given up: the next welcome tells where to go on. */
const takePruned = (state: OutboxState, prunedSeq: number): OutboxStep => {
  const at = (seq: number): number => Math.max(seq, prunedSeq)
  const raised = { ...state, ackedSeq: at(state.ackedSeq), confirmedSeq: at(state.confirmedSeq), headSeq: at(state.headSeq) }
  const next = { ...raised, nextSeq: Math.max(state.nextSeq, raised.confirmedSeq + 1) }
  if (state.connection === null || state.nextSeq > prunedSeq) return stay(next)
  return reset(next, 'the journal gave up records that were to be sent')
}

const takeRead = (state: OutboxState, fromSeq: number, records: readonly TidelineRecord[]): OutboxStep => {
  if (state.readingFrom !== fromSeq) return stay(state)
  const idle = { ...state, readingFrom: null }
  if (fromSeq !== state.nextSeq + state.buffer.length) return fill(idle, [])
  const gapless = records.every((record, i) => record.seq === fromSeq + i)
  if (records.length === 0 || !gapless) return reset(idle, `the local database did not give the records from ${fromSeq} on`)
  const waiting = records.map((record) => ({ record, bytes: wireBytesOf(record) }))
  return fill({ ...idle, buffer: [...state.buffer, ...waiting] }, [])
}

const takeAnswer = (state: OutboxState, batch: number, answer: BatchAnswer): OutboxStep => {
  const inFlight = state.inFlight
    .filter((b) => !(b.batch === batch && b.abandoned))
    .map((b) => (b.batch === batch && b.answer === null ? { ...b, answer } : b))
  return settle({ ...state, inFlight }, [])
}

/** Uses the answers that are due: the oldest unanswered batch holds back those behind it. */
const settle = (state: OutboxState, effects: OutboxEffect[]): OutboxStep => {
  const oldest = state.inFlight.find((b) => !b.abandoned)
  if (!oldest || oldest.answer === null) return fill(state, effects)
  const answered = { ...state, inFlight: state.inFlight.filter((b) => b !== oldest) }
  const { answer } = oldest
  switch (answer.outcome) {
    case 'acknowledged':
      return acknowledge(answered, oldest, answer.ackedSeq, answer.verdicts, effects)
    case 'gap':
      if (answer.expectedSeq >= oldest.fromSeq)
        return reset(answered, `the hub called ${answer.expectedSeq} missing, which was sent`, effects)
      return rewind(answered, answer.expectedSeq - 1, effects)
    case 'refused':
      return { state: disconnected(answered), effects: [...effects, { kind: 'refuse', code: answer.code, message: answer.message }] }
    default:
      return unreachable(answer)
  }
}

const acknowledge = (
  state: OutboxState,
  batch: InFlight,
  hubAckedSeq: number,
  verdicts: readonly Verdict[],
  effects: OutboxEffect[],
): OutboxStep => {
  if (hubAckedSeq > state.claimableSeq) return reset(state, `the hub acknowledged ${hubAckedSeq}, further than was sent`, effects)
  if (hubAckedSeq < batch.fromSeq) return rewind(state, hubAckedSeq, effects)
  const ackedSeq = Math.min(hubAckedSeq, batch.toSeq)
  const heard = verdicts.filter((v) => v.seq >= batch.fromSeq && v.seq <= ackedSeq)
  const confirmed = { ...state, confirmedSeq: ackedSeq, rewinds: 0 }
  const persisted: OutboxEffect[] = [...effects, { kind: 'persist', ackedSeq, verdicts: heard }]
  return ackedSeq < batch.toSeq ? rewind(confirmed, ackedSeq, persisted) : settle(confirmed, persisted)
}

/** Sends again what follows `hubAckedSeq`; a hub that fell behind the watermark takes it down with it. */
const rewind = (state: OutboxState, hubAckedSeq: number, effects: OutboxEffect[]): OutboxStep => {
  if (state.rewinds >= maxRewinds) return reset(state, 'the hub asks for the same records again and again', effects)
  const confirmedSeq = Math.min(state.confirmedSeq, hubAckedSeq)
  const lowered: OutboxEffect[] = confirmedSeq < state.confirmedSeq ? [{ kind: 'persist', ackedSeq: confirmedSeq, verdicts: [] }] : []
  const inFlight = state.inFlight.filter((b) => b.answer === null).map((b) => ({ ...b, abandoned: true }))
  const rewound = { ...state, confirmedSeq, nextSeq: confirmedSeq + 1, buffer: [], inFlight, rewinds: state.rewinds + 1 }
  return fill(rewound, [...effects, ...lowered])
}

/** Sends what may be sent and reads ahead what is missing for the next batch. */
const fill = (state: OutboxState, effects: OutboxEffect[]): OutboxStep => {
  const { connection } = state
  if (connection === null) return { state, effects }
  const readTo = state.nextSeq + state.buffer.length - 1
  const exhausted = readTo >= state.headSeq
  const cut = state.inFlight.length < batchLimits.maxInFlight ? cutBatch(state.buffer, exhausted) : 0
  if (cut > 0) {
    const records = state.buffer.slice(0, cut).map((w) => w.record)
    const toSeq = must(records.at(-1), 'last record').seq
    const sent: InFlight = { batch: state.nextBatch, fromSeq: state.nextSeq, toSeq, abandoned: false, answer: null }
    const after: OutboxState = {
      ...state,
      nextSeq: toSeq + 1,
      claimableSeq: Math.max(state.claimableSeq, toSeq),
      buffer: state.buffer.slice(cut),
      inFlight: [...state.inFlight, sent],
      nextBatch: state.nextBatch + 1,
    }
    return fill(after, [...effects, { kind: 'send', connection, batch: sent.batch, records }])
  }
  const room = bytesOf(state.buffer) >= batchLimits.maxBytes ? 0 : batchLimits.maxRecords - state.buffer.length
  if (exhausted || room <= 0 || state.readingFrom !== null) return { state, effects }
  const limit = Math.min(room, state.headSeq - readTo)
  return { state: { ...state, readingFrom: readTo + 1 }, effects: [...effects, { kind: 'read', connection, fromSeq: readTo + 1, limit }] }
}
