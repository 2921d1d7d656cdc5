import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelDayMs, modelWindowAt, openingsAt, runLine, type Carried, type Flow, type LineModel } from '#test/fixtures/simulated-line.ts'
import { trafficClasses, type TrafficClass } from '../contract/traffic.ts'
import { openTraffic, patience, stepTraffic, type TrafficEvent, type TrafficState } from './traffic.ts'

const minute = 60_000
const hour = 60 * minute
const burstAndOne = (model: LineModel, carried: readonly Carried[]): number =>
  (model.caps.kilobytesPerSecond ?? 0) * 1_000 + Math.max(0, ...carried.map((c) => c.bytes))

const messages = fc.array(fc.integer({ min: 200, max: 120_000 }), { minLength: 1, maxLength: 25 })
const flow = (lane: TrafficClass): fc.Arbitrary<Flow> =>
  fc.record({
    lane: fc.constant(lane),
    startMs: fc.integer({ min: 0, max: 2 * minute }),
    messages,
    parallel: fc.integer({ min: 1, max: 4 }),
  })
const flows = fc
  .tuple(...trafficClasses.map((lane) => fc.array(flow(lane), { minLength: lane === 'routine' ? 0 : 1, maxLength: 3 })))
  .map((all) => all.flat())

const openings = fc
  .record({
    gaps: fc.array(fc.integer({ min: minute, max: 30 * minute }), { minLength: 1, maxLength: 8 }),
    lengthMs: fc.integer({ min: 5_000, max: 20 * minute }),
  })
  .map(({ gaps, lengthMs }) =>
    openingsAt(
      gaps.map((_, index) => gaps.slice(0, index + 1).reduce((a, b) => a + b, 0)),
      lengthMs,
    ),
  )
const windows = fc.record(
  { routine: fc.array(openings, { maxLength: 2 }), bulk: fc.array(openings, { maxLength: 3 }) },
  { requiredKeys: [] },
)
const caps = fc.record(
  { kilobytesPerSecond: fc.integer({ min: 2, max: 200 }), megabytesPerDay: fc.integer({ min: 1, max: 3 }), metered: fc.boolean() },
  { requiredKeys: ['metered'] },
)
const model: fc.Arbitrary<LineModel> = fc.record({
  bytesPerSecond: fc.integer({ min: 5_000, max: 2_000_000 }),
  delayMs: fc.integer({ min: 0, max: 800 }),
  caps,
  windows,
})

describe('traffic', () => {
  it('[TRN20] moves no more than the bound over any stretch of time, but for one message', () => {
    fc.assert(
      fc.property(flows, model, fc.integer({ min: 2, max: 200 }), (all, line, kilobytesPerSecond) => {
        const bounded = { ...line, caps: { ...line.caps, kilobytesPerSecond } }
        const carried = runLine(all, bounded, 6 * hour)
        for (const [first, from] of carried.entries()) {
          let bytes = 0
          for (const to of carried.slice(first)) {
            bytes += to.bytes
            expect(bytes).toBeLessThanOrEqual(
              (kilobytesPerSecond * 1_000 * (to.doneMs - from.doneMs)) / 1_000 + burstAndOne(bounded, carried) + 1,
            )
          }
        }
      }),
    )
  })

  it('[TRN18] nothing overtakes waiting urgent traffic, but for a class that was passed over long enough', () => {
    fc.assert(
      fc.property(flows, model, (all, line) => {
        const carried = runLine(all, line, 6 * hour)
        for (const urgent of carried.filter((c) => c.lane === 'urgent')) {
          const between = carried.filter((c) => c.releasedMs > urgent.askedMs && c.releasedMs < urgent.releasedMs)
          const before = between.filter((c) => c.lane === 'urgent').length
          expect(between.length - before).toBeLessThanOrEqual(2 * (1 + Math.floor(before / patience)))
        }
      }),
    )
  })

  it('[TRN18] urgent traffic waits for one message under way and what it owes, and the load goes on behind it', () => {
    const load: Flow = { lane: 'bulk', startMs: 0, messages: Array.from({ length: 60 }, () => 100_000), parallel: 1 }
    const sales = Array.from({ length: 20 }, (_, i): Flow => ({ lane: 'urgent', startMs: 3_333 * (i + 1), messages: [1_500], parallel: 1 }))
    const line = { bytesPerSecond: 400_000, delayMs: 50, caps: { kilobytesPerSecond: 50, metered: false }, windows: {} }
    const carried = runLine([load, ...sales], line, hour)
    expect(carried).toHaveLength(80)
    const waits = carried.filter((c) => c.lane === 'urgent').map((c) => c.doneMs - c.askedMs)
    expect(Math.max(...waits)).toBeLessThan(2_200)
  })

  it('[TRN18] without a bound urgent traffic goes at once, beside what is under way', () => {
    const load: Flow = { lane: 'bulk', startMs: 0, messages: Array.from({ length: 50 }, () => 200_000), parallel: 3 }
    const sales: Flow = { lane: 'urgent', startMs: 10, messages: Array.from({ length: 40 }, () => 50_000), parallel: 4 }
    const carried = runLine([load, sales], { bytesPerSecond: 1_000_000, delayMs: 20, caps: { metered: false }, windows: {} }, hour)
    expect(carried.filter((c) => c.lane === 'urgent').every((c) => c.releasedMs === c.askedMs)).toBe(true)
    const bulk = carried.filter((c) => c.lane === 'bulk').toSorted((a, b) => a.releasedMs - b.releasedMs)
    expect(bulk.every((c, i) => i === 0 || c.releasedMs >= (bulk[i - 1]?.doneMs ?? 0))).toBe(true)
  })

  it('[TRN18] nothing open starves: a class gets its turn beside urgent traffic that never ends', () => {
    fc.assert(
      fc.property(flows, model, fc.integer({ min: 1, max: 4 }), (all, line, parallel) => {
        const lower = all.filter((f) => f.lane !== 'urgent').map((f) => ({ ...f, startMs: 0, messages: f.messages.slice(0, 4) }))
        const turns = lower.reduce((sum, f) => sum + f.messages.length, 0) * 2 * (patience + 1)
        const endless: Flow = { lane: 'urgent', startMs: 0, messages: Array.from({ length: turns + 50 }, () => 2_000), parallel }
        const { kilobytesPerSecond } = line.caps
        const open = { ...line, windows: {}, caps: { metered: false, ...(kilobytesPerSecond ? { kilobytesPerSecond } : {}) } }
        const carried = runLine([...lower, endless], open, 1_000 * hour)
        const urgentEnds = carried.findLast((c) => c.lane === 'urgent')?.releasedMs ?? 0
        expect(carried.filter((c) => c.lane !== 'urgent').every((c) => c.releasedMs < urgentEnds)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('[TRN19] a closed window sends nothing of its class, unless a person overrides it', () => {
    const override = fc.record({ from: fc.integer({ min: 0, max: hour }), to: fc.integer({ min: hour, max: 2 * hour }) })
    fc.assert(
      fc.property(flows, model, fc.option(override, { nil: undefined }), (all, line, overriddenMs) => {
        const whole = { ...line, ...(overriddenMs ? { overriddenMs } : {}) }
        const windowAt = modelWindowAt(line)
        for (const { lane, releasedMs } of runLine(all, whole, 6 * hour)) {
          const overridden = overriddenMs && releasedMs >= overriddenMs.from && releasedMs <= overriddenMs.to
          expect(overridden || windowAt(lane as TrafficClass, releasedMs).open).toBe(true)
        }
      }),
    )
  })

  it('[TRN20] a day’s bound holds up routine and bulk until the next day, and urgent traffic never', () => {
    fc.assert(
      fc.property(flows, model, fc.integer({ min: 1, max: 2 }), (all, line, megabytesPerDay) => {
        const carried = runLine(all, { ...line, windows: {}, caps: { megabytesPerDay, metered: false } }, 20 * modelDayMs)
        const used = carried.filter((c) => c.lane !== 'urgent').map((c) => c.usedBeforeBytes)
        expect(Math.max(0, ...used)).toBeLessThan(megabytesPerDay * 1_000_000)
        expect(carried.filter((c) => c.lane === 'urgent').every((c) => c.releasedMs < modelDayMs)).toBe(true)
        expect(carried).toHaveLength(all.reduce((sum, f) => sum + f.messages.length, 0))
      }),
    )
  })

  it('[TRN19] [TRN20] what the session needs goes through whatever is closed or used up', () => {
    const closed: TrafficEvent = {
      kind: 'ruled',
      caps: { kilobytesPerSecond: 1, metered: true },
      open: { urgent: false, routine: false, bulk: false },
    }
    const steps = through([
      closed,
      { kind: 'moved', bytes: 90_000 },
      { kind: 'asked', ticket: { id: 1, lane: 'session' } },
      { kind: 'asked', ticket: { id: 2, lane: 'urgent' } },
    ])
    expect(steps.released).toEqual([1])
  })

  it('[TRN10] what waited for a line that dropped is not sent over the next one', () => {
    const closed: TrafficEvent = { kind: 'ruled', caps: { metered: false }, open: { urgent: true, routine: true, bulk: false } }
    const open: TrafficEvent = { ...closed, open: { urgent: true, routine: true, bulk: true } }
    const steps = through([closed, { kind: 'asked', ticket: { id: 1, lane: 'bulk' } }, { kind: 'lost' }, open])
    expect(steps.released).toEqual([])
    expect(steps.state.waiting).toEqual([])
  })

  it('[TRN20] a clock that jumps earns a second’s worth at most, and back nothing', () => {
    const rate: TrafficEvent = {
      kind: 'ruled',
      caps: { kilobytesPerSecond: 10, metered: false },
      open: { urgent: true, routine: true, bulk: true },
    }
    let state = stepTraffic(openTraffic(0), rate, 0).state
    state = stepTraffic(state, { kind: 'moved', bytes: 10_000 }, 0).state
    for (const jump of [1e9, 5, 1e9, 5])
      state = stepTraffic(stepTraffic(state, { kind: 'look' }, jump).state, { kind: 'moved', bytes: 0 }, jump).state
    expect(state.bucket.level).toBe(10_000)
    for (const jump of [4, 3, 2, 1]) state = stepTraffic(state, { kind: 'moved', bytes: 1_000 }, jump).state
    expect(state.bucket.level).toBe(6_000)
  })
})

const through = (events: readonly TrafficEvent[]): { state: TrafficState; released: number[] } => {
  let state = openTraffic(0)
  const released: number[] = []
  for (const event of events) {
    const step = stepTraffic(state, event, 0)
    state = step.state
    released.push(...step.effects.flatMap((e) => (e.kind === 'release' ? [e.id] : [])))
  }
  return { state, released }
}
