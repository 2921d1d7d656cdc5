/**
 * The watermark outbox: state + event → state + effects. Pending is what has `seq > ackedSeq`.
 *
 *   buffer (read ahead)      in flight, in order, at most `maxInFlight`      confirmed by the hub ─persist─▶ ackedSeq (stored)
 *   [nextSeq … headSeq]  ─▶  [ batch 3 | batch 2 | batch 1 ]             ─▶  confirmedSeq
 *
 * Invariants: batches leave in order without gaps; answers count in the order of their batches; the watermark never passes a
 * record that the hub did not confirm, nor one whose verdicts are not in the same or an earlier `persist`; within one epoch of the
 * hub nothing lowers it, a new epoch (a restored hub) does. An answer of a former connection or of an abandoned batch changes
 * nothing. No more batches are in flight than the hub's newest credit allows.
 */
import { must, unreachable } from '../contract/assert.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { batchLimits } from '../contract/protocol.ts'
import type { TidelineRecord } from '../contract/record.ts'
import type { Credit, UpResponse } from '../contract/up.ts'
import type { Verdict } from '../contract/verdict.ts'
import type { HubEpoch } from '../contract/vocabulary.ts'
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
  /** The stored watermark, and the epoch stored with it. */
  ackedSeq: number
  storedEpoch: HubEpoch | null
  /** The watermark once every `persist` effect given out so far is done. */
  confirmedSeq: number
  /** The newest record that can be read. */
  headSeq: number
  connection: number | null
  /** The hub's epoch that `confirmedSeq` counts in; null until a hub has named one. */
  epoch: HubEpoch | null
  /** Batches that the hub takes at once; `grant` numbers its words, so that an old wait ends nothing. */
  credit: { batches: number; grant: number }
  /** Records in one batch; fewer while the line has a bound. */
  batchRecords: number
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
  | {
      kind: 'welcomed'
      connection: number
      hubAckedSeq: number
      hubHash: string
      /** The journal's own chain hash at `hubAckedSeq`; null when the journal does not reach that far, or not so far back. */
      localHash: string | null
      /** `localHash` is wanting because the journal gave those records up. */
      pruned?: boolean
      /** A hub of protocol 2 names none. */
      epoch?: HubEpoch
      credit?: Credit
    }
  | { kind: 'credit'; connection: number; credit: Credit }
  | { kind: 'waited'; connection: number; grant: number }
  | { kind: 'lost' }
  | { kind: 'read'; connection: number; fromSeq: number; records: readonly TidelineRecord[] }
  | { kind: 'answered'; connection: number; batch: number; answer: BatchAnswer }
  | { kind: 'persisted'; ackedSeq: number; epoch?: HubEpoch }
  | { kind: 'persist-failed' }

export type OutboxEffect =
  | { kind: 'read'; connection: number; fromSeq: number; limit: number }
  | { kind: 'send'; connection: number; batch: number; records: readonly TidelineRecord[] }
  /** Store the verdicts, then the watermark, in the order given. */
  | { kind: 'persist'; ackedSeq: number; verdicts: readonly Verdict[]; epoch?: HubEpoch }
  /** Drop the connection; the next welcome decides. `fault`: the hub said what cannot be, and is not asked again at once. */
  | { kind: 'reset'; reason: string; fault: 'hub' | 'store' }
  /** Without credit: say `waited` after so long. */
  | { kind: 'wait'; connection: number; grant: number; afterMs: number }
  | { kind: 'refuse'; code: ErrorCode; message: string; retryAfterMs?: number }

export interface OutboxStep {
  state: OutboxState
  effects: OutboxEffect[]
}

/** As many as can be in flight: a lost connection or a crash never leaves more unheard of. */
export const relearnLimit = batchLimits.maxInFlight * batchLimits.maxRecords
const maxRewinds = 5
/** A hub that gives no credit and does not say until when. */
const defaultWaitMs = 60_000
const fullCredit = batchLimits.maxInFlight

export const openOutbox = (ackedSeq: number, headSeq: number, epoch: HubEpoch | null = null): OutboxState => ({
  ackedSeq,
  storedEpoch: epoch,
  confirmedSeq: ackedSeq,
  headSeq,
  connection: null,
  epoch,
  credit: { batches: fullCredit, grant: 0 },
  batchRecords: batchLimits.maxRecords,
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
    case 'credit':
      return event.connection === state.connection ? settleCredit(state, event.credit) : stay(state)
    case 'waited':
      return event.connection === state.connection && event.grant === state.credit.grant
        ? fill({ ...state, credit: { ...state.credit, batches: Math.max(1, state.credit.batches) } }, [])
        : stay(state)
    case 'lost':
      return { state: disconnected(state), effects: [] }
    case 'read':
      return event.connection === state.connection ? takeRead(state, event.fromSeq, event.records) : stay(state)
    case 'answered':
      return event.connection === state.connection ? takeAnswer(state, event.batch, event.answer) : stay(state)
    case 'persisted':
      return stay({ ...state, ackedSeq: event.ackedSeq, storedEpoch: event.epoch ?? state.storedEpoch })
    case 'persist-failed':
      return reset(
        { ...state, confirmedSeq: state.ackedSeq, epoch: state.storedEpoch },
        'store',
        'the local database did not take the acknowledgement',
      )
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

const reset = (state: OutboxState, fault: 'hub' | 'store', reason: string, before: readonly OutboxEffect[] = []): OutboxStep => ({
  state: disconnected(state),
  effects: [...before, { kind: 'reset', reason, fault }],
})

const refuse = (state: OutboxState, code: ErrorCode, message: string): OutboxStep => ({
  state: disconnected(state),
  effects: [{ kind: 'refuse', code, message }],
})

const persist = (state: OutboxState, verdicts: readonly Verdict[] = []): OutboxEffect => ({
  ...{ kind: 'persist', ackedSeq: state.confirmedSeq, verdicts },
  ...(state.epoch === null ? {} : { epoch: state.epoch }),
})

type Welcomed = Extract<OutboxEvent, { kind: 'welcomed' }>

/** Why this hub must not be sent to; what the hub says of itself comes before what the journal has. */
const objectionTo = (state: OutboxState, { hubAckedSeq, epoch, ...event }: Welcomed): { code: ErrorCode; message: string } | null => {
  if (epoch !== undefined && epoch === state.epoch && hubAckedSeq < state.confirmedSeq)
    return {
      code: 'HUB_FELL_BACK',
      message: `The hub holds this journal up to ${hubAckedSeq}; it had acknowledged ${state.confirmedSeq}, and does not say that it was restored.`,
    }
  if (event.pruned === true)
    return {
      code: 'JOURNAL_BEHIND',
      message: `The hub holds this journal up to ${hubAckedSeq}; what follows had been acknowledged, and is not kept here any more.`,
    }
  if (event.localHash === null)
    return { code: 'JOURNAL_BEHIND', message: `The hub holds this journal up to ${hubAckedSeq}, further than the journal itself.` }
  if (event.localHash !== event.hubHash)
    return { code: 'JOURNAL_BEHIND', message: `At ${hubAckedSeq} the hub holds another record than the journal.` }
  return null
}

const welcome = (state: OutboxState, event: Welcomed): OutboxStep => {
  const { hubAckedSeq, connection } = event
  const objection = objectionTo(state, event)
  if (objection) return refuse(state, objection.code, objection.message)
  const confirmedSeq = resumeFrom(state.confirmedSeq, hubAckedSeq)
  const resumed: OutboxState = {
    ...disconnected(state),
    ...{ connection, confirmedSeq, claimableSeq: hubAckedSeq, nextSeq: confirmedSeq + 1, rewinds: 0 },
    epoch: event.epoch ?? state.epoch,
  }
  const isNew = confirmedSeq !== state.confirmedSeq || resumed.epoch !== state.epoch
  return settleCredit(resumed, event.credit ?? { batches: fullCredit }, isNew ? [persist(resumed)] : [])
}

const settleCredit = (state: OutboxState, credit: Credit, effects: readonly OutboxEffect[] = []): OutboxStep => {
  const given = granted(state, credit)
  return fill(given.state, [...effects, ...given.effects])
}

const granted = (state: OutboxState, { batches, afterMs }: Credit): OutboxStep => {
  const grant = state.credit.grant + 1
  const after = { ...state, credit: { batches, grant } }
  if (batches > 0 || state.connection === null) return stay(after)
  return { state: after, effects: [{ kind: 'wait', connection: state.connection, grant, afterMs: afterMs ?? defaultWaitMs }] }
}

/** What is on its way may begin among the records given up: the next welcome tells where to go on. */
const takePruned = (state: OutboxState, prunedSeq: number): OutboxStep => {
  const at = (seq: number): number => Math.max(seq, prunedSeq)
  const raised = { ...state, ackedSeq: at(state.ackedSeq), confirmedSeq: at(state.confirmedSeq), headSeq: at(state.headSeq) }
  const next = { ...raised, nextSeq: Math.max(state.nextSeq, raised.confirmedSeq + 1) }
  if (state.connection === null || state.nextSeq > prunedSeq) return stay(next)
  return reset(next, 'store', 'the journal gave up records that were to be sent')
}

const takeRead = (state: OutboxState, fromSeq: number, records: readonly TidelineRecord[]): OutboxStep => {
  if (state.readingFrom !== fromSeq) return stay(state)
  const idle = { ...state, readingFrom: null }
  if (fromSeq !== state.nextSeq + state.buffer.length) return fill(idle, [])
  const gapless = records.every((record, i) => record.seq === fromSeq + i)
  if (records.length === 0 || !gapless) return reset(idle, 'store', `the local database did not give the records from ${fromSeq} on`)
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
      return acknowledge(answered, oldest, answer, effects)
    case 'gap':
      if (answer.expectedSeq >= oldest.fromSeq)
        return reset(answered, 'hub', `the hub called ${answer.expectedSeq} missing, which was sent`, effects)
      return rewind(answered, answer.expectedSeq - 1, effects)
    case 'refused':
      return {
        state: disconnected(answered),
        effects: [...effects, { kind: 'refuse', ...refusalOf(answer) }],
      }
    default:
      return unreachable(answer)
  }
}

type Refused = Extract<BatchAnswer, { outcome: 'refused' }>
const refusalOf = ({ code, message, retryAfterMs }: Refused): { code: ErrorCode; message: string; retryAfterMs?: number } => ({
  ...{ code, message },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

type Acknowledged = Extract<BatchAnswer, { outcome: 'acknowledged' }>

/** An answer that cannot be true of this batch, in words. */
const untruthOf = (state: OutboxState, batch: InFlight, { ackedSeq, verdicts }: Acknowledged): string | null => {
  if (ackedSeq > state.claimableSeq) return `the hub acknowledged ${ackedSeq}, further than was sent`
  const stranger = verdicts.find((v) => v.seq < batch.fromSeq || v.seq > batch.toSeq)
  return stranger ? `the hub judged ${stranger.seq}, which the batch from ${batch.fromSeq} to ${batch.toSeq} does not hold` : null
}

const acknowledge = (state: OutboxState, batch: InFlight, answer: Acknowledged, effects: OutboxEffect[]): OutboxStep => {
  const untruth = untruthOf(state, batch, answer)
  if (untruth !== null) return reset(state, 'hub', untruth, effects)
  const given = answer.credit ? granted(state, answer.credit) : stay(state)
  const before = [...effects, ...given.effects]
  if (answer.ackedSeq < batch.fromSeq) return rewind(given.state, answer.ackedSeq, before)
  const ackedSeq = Math.min(answer.ackedSeq, batch.toSeq)
  const confirmed = { ...given.state, confirmedSeq: ackedSeq, rewinds: 0 }
  const heard = answer.verdicts.filter((v) => v.seq <= ackedSeq)
  const persisted = [...before, persist(confirmed, heard)]
  return ackedSeq < batch.toSeq ? rewind(confirmed, ackedSeq, persisted) : settle(confirmed, persisted)
}

/**
 * Sends again what follows `hubAckedSeq`. A hub that fell behind the watermark takes it down with it, unless it named an epoch: then
 * the next welcome tells whether that is still the same.
 */
const rewind = (state: OutboxState, hubAckedSeq: number, effects: OutboxEffect[]): OutboxStep => {
  if (state.rewinds >= maxRewinds) return reset(state, 'hub', 'the hub asks for the same records again and again', effects)
  const confirmedSeq = Math.min(state.confirmedSeq, hubAckedSeq)
  if (confirmedSeq < state.confirmedSeq && state.epoch !== null)
    return reset(state, 'hub', `the hub went back to ${hubAckedSeq}; it had acknowledged ${state.confirmedSeq}`, effects)
  const lowered = confirmedSeq < state.confirmedSeq ? [persist({ ...state, confirmedSeq })] : []
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
  const cut =
    state.inFlight.length < Math.min(batchLimits.maxInFlight, state.credit.batches)
      ? cutBatch(state.buffer, exhausted, state.batchRecords)
      : 0
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
  const room = bytesOf(state.buffer) >= batchLimits.maxBytes ? 0 : state.batchRecords - state.buffer.length
  if (exhausted || room <= 0 || state.readingFrom !== null) return { state, effects }
  const limit = Math.min(room, state.headSeq - readTo)
  return { state: { ...state, readingFrom: readTo + 1 }, effects: [...effects, { kind: 'read', connection, fromSeq: readTo + 1, limit }] }
}
