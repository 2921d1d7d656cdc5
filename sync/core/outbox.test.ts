/** The outbox by hand and against an adversary: lost, doubled, reordered and late messages, crashes, a restored hub. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchLimits } from '../contract/protocol.ts'
import { genesisHash, recordSchema, type TidelineRecord } from '../contract/record.ts'
import type { Credit } from '../contract/up.ts'
import { hubEpochSchema, type HubEpoch } from '../contract/vocabulary.ts'
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

const firstEpoch = hubEpochSchema.parse('epoch0000001')
const secondEpoch = hubEpochSchema.parse('epoch0000002')

const welcomed = (hubAckedSeq: number, connection = 1, more: { epoch?: HubEpoch; credit?: Credit } = {}): OutboxEvent => ({
  kind: 'welcomed',
  connection,
  hubAckedSeq,
  hubHash: 'h',
  localHash: 'h',
  ...more,
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

describe('outbox and the hub’s epochs', () => {
  const inFirst = { epoch: firstEpoch }

  it('[TRN15] stores the epoch with the watermark, and each later watermark with it', () => {
    const { effects } = play(openOutbox(0, 10), [welcomed(0, 1, inFirst), acknowledged(1, 10)])
    expect(effects.filter((e) => e.kind === 'persist')).toEqual([
      { kind: 'persist', ackedSeq: 0, verdicts: [], epoch: firstEpoch },
      { kind: 'persist', ackedSeq: 10, verdicts: [], epoch: firstEpoch },
    ])
  })

  it('[TRN15] refuses a hub that has less than it acknowledged in the same epoch, and sends nothing', () => {
    const { effects, state } = play(openOutbox(5, 8, firstEpoch), [welcomed(2, 1, inFirst)])
    expect(effects).toMatchObject([{ kind: 'refuse', code: 'HUB_FELL_BACK' }])
    expect(state).toMatchObject({ confirmedSeq: 5, connection: null })
  })

  it('[TRN15] that the journal does not reach so far back any more does not make it a restored disk', () => {
    const fallen: OutboxEvent = {
      ...(welcomed(2, 1, inFirst) as Extract<OutboxEvent, { kind: 'welcomed' }>),
      localHash: null,
      pruned: true,
    }
    expect(play(openOutbox(5, 8, firstEpoch), [fallen]).effects).toMatchObject([{ kind: 'refuse', code: 'HUB_FELL_BACK' }])
    expect(play(openOutbox(5, 8, secondEpoch), [fallen]).effects).toMatchObject([{ kind: 'refuse', code: 'JOURNAL_BEHIND' }])
  })

  it('[TRN15] in a new epoch the watermark goes down, and what the hub lacks is sent again', () => {
    const { effects, state } = play(openOutbox(5, 8, firstEpoch), [welcomed(2, 1, { epoch: secondEpoch })])
    expect(effects).toMatchObject([{ kind: 'persist', ackedSeq: 2, epoch: secondEpoch }, { kind: 'send' }])
    expect(sends(effects)).toEqual([[1, 3, 8]])
    expect(state.epoch).toBe(secondEpoch)
  })

  it('[TRN15] a new epoch that could not be stored is new again at the next welcome, not a hub that fell back', () => {
    const again = play(openOutbox(5, 8, firstEpoch), [
      ...[welcomed(2, 1, { epoch: secondEpoch }), { kind: 'persist-failed' as const }],
      welcomed(2, 2, { epoch: secondEpoch }),
    ])
    expect(again.effects.map((e) => e.kind)).toEqual(['persist', 'send', 'reset', 'persist', 'send'])
  })

  it('[TRN15] a hub that goes back in the middle of a connection is asked anew before the watermark follows', () => {
    const gap: OutboxEvent = { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'gap', expectedSeq: 3 } }
    for (const back of [gap, acknowledged(1, 2)])
      expect(play(openOutbox(5, 8), [welcomed(5, 1, inFirst), back]).effects.slice(-1)).toMatchObject([{ kind: 'reset', fault: 'hub' }])
  })

  it('[TRN15] does not believe a verdict on what the batch does not hold, nor a gap in what was sent', () => {
    const verdict = { seq: 11, verdict: 'conflict' as const }
    const strange = play(openOutbox(0, 10), [welcomed(0), acknowledged(1, 10, 1, [verdict])])
    expect(strange.effects.at(-1)).toMatchObject({ kind: 'reset', fault: 'hub' })
    const gap: OutboxEvent = { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'gap', expectedSeq: 4 } }
    expect(play(openOutbox(0, 10), [welcomed(0), gap]).effects.at(-1)).toMatchObject({ kind: 'reset', fault: 'hub' })
  })
})

describe('outbox and credit', () => {
  const credit = (batches: number, afterMs?: number): Credit => ({ batches, ...(afterMs === undefined ? {} : { afterMs }) })

  it('[TRN14] has no more batches in flight than the newest credit allows', () => {
    const one = play(openOutbox(0, 5_000), [welcomed(0, 1, { credit: credit(1) })])
    expect(sends(one.effects)).toHaveLength(1)
    const more = play(one.state, [{ kind: 'credit', connection: 1, credit: credit(3) }])
    expect(sends(more.effects)).toHaveLength(2)
    const answered = play(more.state, [
      { kind: 'answered', connection: 1, batch: 1, answer: { outcome: 'acknowledged', ackedSeq: 500, verdicts: [], credit: credit(2) } },
    ])
    expect(sends(answered.effects)).toEqual([])
  })

  it('[TRN14] without credit it waits as long as it was told, then sends one batch to hear anew', () => {
    const none = play(openOutbox(0, 5_000), [welcomed(0, 1, { credit: credit(0, 3_000) })])
    expect(none.effects).toEqual([{ kind: 'wait', connection: 1, grant: 1, afterMs: 3_000 }])
    expect(sends(play(none.state, [{ kind: 'waited', connection: 1, grant: 1 }]).effects)).toHaveLength(1)
  })

  it('[TRN14] an old wait, and credit of a former connection, give nothing', () => {
    const none = play(openOutbox(0, 5_000), [
      welcomed(0, 1, { credit: credit(0, 3_000) }),
      { kind: 'credit', connection: 1, credit: credit(0) },
    ])
    expect(none.effects.at(-1)).toMatchObject({ kind: 'wait', grant: 2, afterMs: 60_000 })
    expect(play(none.state, [{ kind: 'waited', connection: 1, grant: 1 }]).effects).toEqual([])
    expect(play(none.state, [{ kind: 'credit', connection: 0, credit: credit(4) }]).effects).toEqual([])
  })

  it('[TRN14] a hub that says nothing of credit gives all of it', () => {
    const after = play(openOutbox(0, 5_000), [welcomed(0, 1, { credit: credit(0) }), { kind: 'lost' }, welcomed(0, 2)])
    expect(sends(after.effects)).toHaveLength(batchLimits.maxInFlight)
  })

  it('[TRN14] hands on how long a refused batch is to wait', () => {
    const refused: OutboxEvent = {
      ...{ kind: 'answered', connection: 1, batch: 1 },
      answer: { outcome: 'refused', code: 'HUB_BUSY', message: 'later', retryAfterMs: 9_000 },
    }
    expect(play(openOutbox(0, 10), [welcomed(0), refused]).effects.at(-1)).toEqual({
      ...{ kind: 'refuse', code: 'HUB_BUSY', message: 'later', retryAfterMs: 9_000 },
    })
  })
})

const isJudged = (seq: number): boolean => seq % 3 === 0

/** A hub that keeps TRN4: skips what it has, refuses a gap, repeats stored verdicts. */
class HubModel {
  log: number[] = []
  /** Null: a hub of protocol 2. */
  epoch: HubEpoch | null = null
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
  disk: { ackedSeq: number; epoch: HubEpoch | null; verdicts: Set<number> } = { ackedSeq: 0, epoch: null, verdicts: new Set() }
  refusals: string[] = []
  waits: Extract<OutboxEffect, { kind: 'wait' }>[] = []
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
    const inFlightBefore = this.outbox.inFlight.length
    const step = stepOutbox(this.outbox, event)
    this.outbox = step.state
    for (const effect of step.effects) this.take(effect)
    expect(this.outbox.inFlight.length).toBeLessThanOrEqual(batchLimits.maxInFlight)
    expect(this.outbox.inFlight.length, 'over credit').toBeLessThanOrEqual(Math.max(inFlightBefore, this.outbox.credit.batches))
  }
  take(effect: OutboxEffect): void {
    if (effect.kind === 'read') this.reads.push(effect)
    if (effect.kind === 'send') this.toHub.push(effect)
    if (effect.kind === 'persist') this.toDisk.push(effect)
    if (effect.kind === 'wait') this.waits.push(effect)
    if (effect.kind !== 'refuse') return
    this.refusals.push(effect.code)
    if (effect.code !== 'HUB_FELL_BACK') throw new Error(`refused: ${effect.message}`)
  }
  append(count: number): void {
    this.head += count
    this.dispatch({ kind: 'appended', headSeq: this.head })
  }
  welcome(): void {
    this.dispatch({ kind: 'lost' })
    this.connection += 1
    this.dispatch(welcomed(this.hub.log.length, this.connection, this.hub.epoch ? { epoch: this.hub.epoch } : {}))
  }
  grant(batches: number): void {
    this.dispatch({ kind: 'credit', connection: this.connection, credit: { batches } })
  }
  wait(): void {
    const effect = this.waits.shift()
    if (effect) this.dispatch({ kind: 'waited', connection: effect.connection, grant: effect.grant })
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
    this.disk.epoch = effect.epoch ?? null
    this.check()
    this.dispatch({ kind: 'persisted', ackedSeq: effect.ackedSeq, ...(effect.epoch ? { epoch: effect.epoch } : {}) })
  }
  crash(): void {
    this.toDisk = []
    this.reads = []
    this.waits = []
    this.outbox = openOutbox(this.disk.ackedSeq, this.head, this.disk.epoch)
  }
  restoreHub(keep: number, epoch = this.hub.epoch): void {
    this.hub.log = this.hub.log.slice(0, keep)
    this.hub.epoch = epoch
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
      this.wait()
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
  { weight: 1, arbitrary: fc.nat(4).map((n) => (w: World) => w.grant(n)) },
  { weight: 1, arbitrary: fc.constant((w: World) => w.wait()) },
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

  const inEpoch = (): World => {
    const world = new World()
    world.hub.epoch = firstEpoch
    return world
  }

  it('[TRN15] a hub restored under a new epoch gets everything again; one that hides it is refused, and nothing moves', () => {
    const commands = fc.array(command, { maxLength: 80, size: 'max' })
    fc.assert(
      fc.property(commands, fc.nat(10), commands, fc.boolean(), (before, keep, after, isDeclared) => {
        const world = inEpoch()
        for (const run of before) run(world)
        world.settle()
        const lost = world.hub.log.length - keep
        world.restoreHub(keep, isDeclared ? secondEpoch : firstEpoch)
        if (!isDeclared && lost > 0) {
          expect(world.refusals).toEqual(['HUB_FELL_BACK'])
          expect(world.disk.ackedSeq).toBe(keep + lost)
          expect(world.toHub).toEqual([])
          world.crash()
          world.welcome()
          expect(world.refusals).toHaveLength(2)
          world.hub.epoch = secondEpoch
        }
        for (const run of after) run(world)
        world.settle()
        expect(world.hub.log).toEqual(sequence(world.head))
        expect(world.disk).toMatchObject({ ackedSeq: world.head, epoch: world.hub.epoch })
      }),
      { numRuns: 60 },
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
