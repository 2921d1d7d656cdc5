/** The outbox against an adversary: lost, doubled, reordered and late messages, crashes, a restored hub. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstEpoch, heavyPayload, onGoodLine, recordsOf, secondEpoch, welcomed } from '#test/fixtures/outbox-play.ts'
import { batchLimits } from '../contract/protocol.ts'
import { type TidelineRecord } from '../contract/record.ts'
import { type HubEpoch } from '../contract/vocabulary.ts'
import { stepOutbox, type BatchAnswer, type OutboxEffect, type OutboxEvent } from './outbox.ts'

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
  outbox = onGoodLine(0, 0)
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
    this.outbox = onGoodLine(this.disk.ackedSeq, this.head, this.disk.epoch)
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
