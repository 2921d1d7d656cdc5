/** The outbox by hand and against an adversary: lost, doubled, reordered and late messages, crashes, a restored hub. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchLimits } from '../contract/protocol.ts'
import { genesisHash, recordSchema, type TidelineRecord } from '../contract/record.ts'
import {
  openOutbox,
  relearnLimit,
  resumeFrom,
  stepOutbox,
  type BatchAnswer,
  type OutboxEffect,
  type OutboxEvent,
  type OutboxState,
} from './outbox.ts'

/** Counts 6 bytes a character on the wire: three such records fill a batch. */
const heavyPayload = '\u0001'.repeat(33_000)

const recordOf = (seq: number, payload = '{}'): TidelineRecord => ({
  ...recordSchema.parse({
    deviceId: 'dev-000000000001',
    incarnation: 'aaaaaaaaaaaa',
    seq,
    kind: 'transaction',
    capturedAt: '2026-03-02T10:00:00.000Z',
    payload: '{}',
    payloadHash: genesisHash,
    previousHash: genesisHash,
  }),
  payload,
})

const recordsOf = (fromSeq: number, count: number, payload?: string) =>
  Array.from({ length: count }, (_, i) => recordOf(fromSeq + i, payload))

/** Steps through events, answering each read at once; returns the last state and all other effects. */
const play = (start: OutboxState, events: OutboxEvent[], payload?: string): { state: OutboxState; effects: OutboxEffect[] } => {
  const effects: OutboxEffect[] = []
  let state = start
  const queue = [...events]
  for (let event = queue.shift(); event; event = queue.shift()) {
    const step = stepOutbox(state, event)
    state = step.state
    for (const effect of step.effects)
      if (effect.kind === 'read')
        queue.unshift({
          kind: 'read',
          connection: effect.connection,
          fromSeq: effect.fromSeq,
          records: recordsOf(effect.fromSeq, effect.limit, payload),
        })
      else effects.push(effect)
  }
  return { state, effects }
}

const welcomed = (hubAckedSeq: number, connection = 1): OutboxEvent => ({
  kind: 'welcomed',
  connection,
  hubAckedSeq,
  hubHash: 'h',
  localHash: 'h',
})
const acknowledged = (
  batch: number,
  ackedSeq: number,
  connection = 1,
  verdicts: Extract<BatchAnswer, { outcome: 'acknowledged' }>['verdicts'] = [],
): OutboxEvent => ({
  kind: 'answered',
  connection,
  batch,
  answer: { outcome: 'acknowledged', ackedSeq, verdicts },
})
const sends = (effects: OutboxEffect[]) =>
  effects.filter((e) => e.kind === 'send').map((e) => [e.batch, e.records[0]?.seq, e.records.at(-1)?.seq])
const persists = (effects: OutboxEffect[]) => effects.filter((e) => e.kind === 'persist').map((e) => e.ackedSeq)

describe('outbox', () => {
  it('[TRN1] sends what lies behind the watermark, and nothing while offline', () => {
    expect(play(openOutbox(3, 5), []).effects).toEqual([])
    expect(sends(play(openOutbox(3, 5), [welcomed(3)]).effects)).toEqual([[1, 4, 5]])
  })

  it('[TRN2] keeps batches in order, bounded in records and in flight', () => {
    const { effects } = play(openOutbox(0, 5_000), [welcomed(0)])
    expect(sends(effects)).toEqual([
      [1, 1, 500],
      [2, 501, 1000],
      [3, 1001, 1500],
      [4, 1501, 2000],
    ])
  })

  it('[TRN2] bounds batches in bytes; a record over the bound travels alone', () => {
    expect(sends(play(openOutbox(0, 5), [welcomed(0)], heavyPayload).effects)).toEqual([
      [1, 1, 3],
      [2, 4, 5],
    ])
    expect(sends(play(openOutbox(0, 2), [welcomed(0)], heavyPayload.repeat(4)).effects)).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ])
  })

  it('[TRN3] gives verdicts and watermark out together, in the order of the batches', () => {
    const verdict = { seq: 7, verdict: 'conflict' as const }
    const sent = play(openOutbox(0, 1_000), [welcomed(0)]).state
    const early = play(sent, [acknowledged(2, 1_000)])
    expect(persists(early.effects)).toEqual([])
    const both = play(early.state, [acknowledged(1, 1_000, 1, [verdict])])
    expect(both.effects).toEqual([
      { kind: 'persist', ackedSeq: 500, verdicts: [verdict] },
      { kind: 'persist', ackedSeq: 1_000, verdicts: [] },
    ])
  })

  it('[TRN5] ignores a late answer of a former connection and a doubled one', () => {
    const sent = play(openOutbox(0, 10), [welcomed(0), { kind: 'lost' }, welcomed(0, 2)]).state
    expect(stepOutbox(sent, acknowledged(1, 10, 1))).toEqual({ state: sent, effects: [] })
    const done = play(sent, [acknowledged(2, 10, 2), acknowledged(2, 10, 2)])
    expect(persists(done.effects)).toEqual([10])
  })

  it('[TRN5] sends the rest again after half an acknowledgement', () => {
    const { effects, state } = play(openOutbox(0, 10), [welcomed(0), acknowledged(1, 4)])
    expect(persists(effects)).toEqual([4])
    expect(sends(effects)).toEqual([
      [1, 1, 10],
      [2, 5, 10],
    ])
    expect(state.confirmedSeq).toBe(4)
  })

  it('[TRN5] keeps a batch sent before a rewind on the line, and does not use its answer', () => {
    const sent = play(openOutbox(0, 1_000), [welcomed(0)]).state
    const half = play(sent, [acknowledged(1, 400)])
    expect(half.state.inFlight.map((b) => [b.batch, b.abandoned])).toEqual([
      [2, true],
      [3, false],
      [4, false],
    ])
    const late = play(half.state, [{ kind: 'answered', connection: 1, batch: 2, answer: { outcome: 'gap', expectedSeq: 401 } }])
    expect(late.effects).toEqual([])
    expect(late.state.rewinds).toBe(1)
  })

  it('[TRN4] goes back to the sequence a gap names, and gives up the connection when that leads nowhere', () => {
    const gap = (batch: number): OutboxEvent => ({ kind: 'answered', connection: 1, batch, answer: { outcome: 'gap', expectedSeq: 3 } })
    const once = play(openOutbox(5, 8), [welcomed(5), gap(1)])
    expect(persists(once.effects)).toEqual([2])
    expect(sends(once.effects)).toEqual([
      [1, 6, 8],
      [2, 3, 8],
    ])
    const gapOfOwn = (batch: number): OutboxEvent => ({
      kind: 'answered',
      connection: 1,
      batch,
      answer: { outcome: 'acknowledged', ackedSeq: 2, verdicts: [] },
    })
    const endless = play(once.state, [2, 3, 4, 5, 6, 7].map(gapOfOwn))
    expect(endless.effects.some((e) => e.kind === 'reset')).toBe(true)
  })

  it('[TRN4] follows a hub that was restored, and refuses one that knows another or a longer journal', () => {
    const restored = play(openOutbox(5, 8), [welcomed(2)])
    expect(persists(restored.effects)).toEqual([2])
    expect(sends(restored.effects)).toEqual([[1, 3, 8]])
    const refusal = { kind: 'refuse', code: 'JOURNAL_BEHIND' }
    expect(
      play(openOutbox(5, 8), [{ kind: 'welcomed', connection: 1, hubAckedSeq: 9, hubHash: 'h', localHash: null }]).effects,
    ).toMatchObject([refusal])
    expect(
      play(openOutbox(5, 8), [{ kind: 'welcomed', connection: 1, hubAckedSeq: 5, hubHash: 'h', localHash: 'x' }]).effects,
    ).toMatchObject([refusal])
  })

  it('[TRN1] does not believe an acknowledgement of what was not sent', () => {
    const { effects, state } = play(openOutbox(0, 10), [welcomed(0), { kind: 'appended', headSeq: 12 }, acknowledged(1, 900)])
    expect(effects.at(-1)).toMatchObject({ kind: 'reset' })
    expect(state.confirmedSeq).toBe(0)
  })

  it('[TRN3] sends again what it did not hear of, to learn the verdicts, after a wipe within bounds', () => {
    expect(resumeFrom(100, 600)).toBe(100)
    expect(resumeFrom(0, 50_000)).toBe(50_000 - relearnLimit)
    expect(resumeFrom(700, 600)).toBe(600)
  })
})

const isJudged = (seq: number): boolean => seq % 3 === 0

/** A hub that keeps TRN4: skips what it has, refuses a gap, repeats stored verdicts. */
class HubModel {
  log: number[] = []
  accept(records: readonly TidelineRecord[], halfway: boolean): BatchAnswer {
    const from = records[0]?.seq ?? 0
    if (from > this.log.length + 1) return { outcome: 'gap', expectedSeq: this.log.length + 1 }
    const taken = halfway ? records.slice(0, Math.ceil(records.length / 2)) : records
    for (const { seq } of taken) if (seq === this.log.length + 1) this.log.push(seq)
    const verdicts = records
      .filter((r) => r.seq <= this.log.length && isJudged(r.seq))
      .map((r) => ({ seq: r.seq, verdict: 'conflict' as const }))
    return { outcome: 'acknowledged', ackedSeq: this.log.length, verdicts }
  }
}

/** Store, wire and hub, moved one chosen step at a time. */
class World {
  disk = { ackedSeq: 0, verdicts: new Set<number>() }
  hub = new HubModel()
  head = 0
  connection = 0
  outbox = openOutbox(0, 0)
  reads: Extract<OutboxEffect, { kind: 'read' }>[] = []
  toHub: Extract<OutboxEffect, { kind: 'send' }>[] = []
  toStore: Extract<OutboxEvent, { kind: 'answered' }>[] = []
  toDisk: Extract<OutboxEffect, { kind: 'persist' }>[] = []
  restored = false

  dispatch(event: OutboxEvent): void {
    const step = stepOutbox(this.outbox, event)
    this.outbox = step.state
    for (const effect of step.effects) this.take(effect)
    expect(this.outbox.inFlight.length).toBeLessThanOrEqual(batchLimits.maxInFlight)
  }
  take(effect: OutboxEffect): void {
    if (effect.kind === 'read') this.reads.push(effect)
    if (effect.kind === 'send') this.toHub.push(effect)
    if (effect.kind === 'persist') this.toDisk.push(effect)
    if (effect.kind === 'refuse') throw new Error(`refused: ${effect.message}`)
  }
  append(count: number): void {
    this.head += count
    this.dispatch({ kind: 'appended', headSeq: this.head })
  }
  welcome(): void {
    this.dispatch({ kind: 'lost' })
    this.connection += 1
    this.dispatch(welcomed(this.hub.log.length, this.connection))
  }
  read(pick: number): void {
    const effect = takeAt(this.reads, pick)
    if (effect)
      this.dispatch({
        kind: 'read',
        connection: effect.connection,
        fromSeq: effect.fromSeq,
        records: recordsOf(effect.fromSeq, effect.limit, heavyPayload),
      })
  }
  deliver(pick: number, twice: boolean, halfway: boolean): void {
    const message = takeAt(this.toHub, pick)
    if (!message) return
    const answers = [this.hub.accept(message.records, halfway), ...(twice ? [this.hub.accept(message.records, false)] : [])]
    for (const answer of answers) this.toStore.push({ kind: 'answered', connection: message.connection, batch: message.batch, answer })
  }
  answer(pick: number, twice: boolean): void {
    const event = takeAt(this.toStore, pick)
    if (event) this.dispatch(event)
    if (event && twice) this.dispatch(event)
  }
  persist(half: boolean): void {
    const effect = this.toDisk.shift()
    if (!effect) return
    for (const { seq } of effect.verdicts) this.disk.verdicts.add(seq)
    if (half) {
      this.toDisk = []
      return this.dispatch({ kind: 'persist-failed' })
    }
    this.disk.ackedSeq = effect.ackedSeq
    this.check()
    this.dispatch({ kind: 'persisted', ackedSeq: effect.ackedSeq })
  }
  crash(): void {
    this.toDisk = []
    this.reads = []
    this.outbox = openOutbox(this.disk.ackedSeq, this.head)
  }
  restoreHub(keep: number): void {
    this.hub.log = this.hub.log.slice(0, keep)
    this.toHub = []
    this.toStore = []
    this.restored = true
    this.welcome()
  }
  check(): void {
    if (!this.restored) expect(this.disk.ackedSeq, 'watermark past the hub').toBeLessThanOrEqual(this.hub.log.length)
    for (let seq = 1; seq <= this.disk.ackedSeq; seq++)
      if (isJudged(seq)) expect(this.disk.verdicts.has(seq), `verdict of ${seq} before watermark ${this.disk.ackedSeq}`).toBe(true)
  }
  settle(): void {
    this.welcome()
    for (let i = 0; i < 2_000; i++) {
      if (this.reads.length + this.toHub.length + this.toStore.length + this.toDisk.length === 0) {
        if (this.outbox.connection !== null) return
        this.welcome()
      }
      this.read(0)
      this.deliver(0, false, false)
      this.answer(0, false)
      this.persist(false)
    }
    throw new Error('does not settle')
  }
}

const takeAt = <T>(list: T[], pick: number): T | undefined => list.splice(list.length === 0 ? 0 : pick % list.length, 1)[0]

const pick = fc.nat(5)
const command = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 7 }).map((n) => (w: World) => w.append(n)) },
  { weight: 6, arbitrary: pick.map((p) => (w: World) => w.read(p)) },
  {
    weight: 6,
    arbitrary: fc.tuple(pick, fc.boolean(), fc.boolean()).map(
      ([p, twice, half]) =>
        (w: World) =>
          w.deliver(p, twice, half),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(pick, fc.boolean()).map(
      ([p, twice]) =>
        (w: World) =>
          w.answer(p, twice),
    ),
  },
  { weight: 6, arbitrary: fc.constant((w: World) => w.persist(false)) },
  { weight: 1, arbitrary: fc.constant((w: World) => w.persist(true)) },
  { weight: 1, arbitrary: pick.map((p) => (w: World) => void takeAt(w.toHub, p)) },
  { weight: 1, arbitrary: pick.map((p) => (w: World) => void takeAt(w.toStore, p)) },
  { weight: 1, arbitrary: fc.constant((w: World) => w.dispatch({ kind: 'lost' })) },
  { weight: 2, arbitrary: fc.constant((w: World) => w.welcome()) },
  { weight: 1, arbitrary: fc.constant((w: World) => w.crash()) },
)

const sequence = (length: number): number[] => Array.from({ length }, (_, i) => i + 1)

describe('outbox against an adversary', () => {
  it('[TRN1] [TRN3] [TRN5] every record reaches the hub once and in order; verdicts never trail the watermark', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 30, maxLength: 200, size: 'max' }), (commands) => {
        const world = new World()
        for (const run of commands) run(world)
        world.settle()
        expect(world.hub.log).toEqual(sequence(world.head))
        expect(world.disk.ackedSeq).toBe(world.head)
        world.check()
      }),
      { numRuns: 80 },
    )
  })

  it('[TRN4] a hub restored from a backup gets everything again from where it stands', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 80, size: 'max' }),
        fc.nat(10),
        fc.array(command, { maxLength: 40, size: 'max' }),
        (before, keep, after) => {
          const world = new World()
          for (const run of before) run(world)
          world.settle()
          world.restoreHub(keep)
          for (const run of after) run(world)
          world.settle()
          expect(world.hub.log).toEqual(sequence(world.head))
          expect(world.disk.ackedSeq).toBe(world.head)
        },
      ),
      { numRuns: 40 },
    )
  })
})
