import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelDayMs, modelWindowAt, openingsAt, runLine, type Flow, type LineModel } from '#test/fixtures/simulated-line.ts'
import { throughAtMs, type ForecastInputs } from './forecast.ts'

const minute = 60_000
const hour = 60 * minute
const nextDayAt = (ms: number): number => (Math.floor(ms / modelDayMs) + 1) * modelDayMs

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const forecastOf = (model: LineModel, work: ForecastInputs['work'], bytesPerSecond: number | undefined): number | null =>
  throughAtMs({
    ...{ nowMs: 0, work, bytesPerSecond, caps: model.caps, usedBytesToday: 0, overridden: false, nextDayAt },
    windowAt: modelWindowAt(model),
  })

/** Every so often, for so long, from some minute on. */
const regular = fc
  .record({
    everyMs: fc.integer({ min: 20 * minute, max: 8 * hour }),
    firstMs: fc.integer({ min: 0, max: hour }),
    part: fc.integer({ min: 20, max: 90 }),
  })
  .map(({ everyMs, firstMs, part }) =>
    openingsAt(
      Array.from({ length: 400 }, (_, i) => firstMs + i * everyMs + 1),
      Math.floor((everyMs * part) / 100),
    ),
  )

const model: fc.Arbitrary<LineModel> = fc.record({
  bytesPerSecond: fc.integer({ min: 8_000, max: 300_000 }),
  delayMs: fc.integer({ min: 0, max: 50 }),
  caps: fc.record(
    { kilobytesPerSecond: fc.integer({ min: 5, max: 200 }), megabytesPerDay: fc.integer({ min: 5, max: 60 }), metered: fc.boolean() },
    { requiredKeys: ['metered'] },
  ),
  windows: fc.record(
    { routine: fc.array(regular, { minLength: 1, maxLength: 2 }), bulk: fc.array(regular, { minLength: 1, maxLength: 2 }) },
    { requiredKeys: [] },
  ),
})

/** Bulk is through in its window, although urgent and routine traffic go on behind the window's end. */
const bulkClosesFirst: LineModel = {
  ...{ bytesPerSecond: 8_000, delayMs: 0, caps: { metered: false } },
  windows: { routine: [openingsAt([15_001, 1_215_001], 360_000)], bulk: [openingsAt([1, 1_200_001], 300_000)] },
}

const pageBytes = 10_000
const pages = (count: number): number[] => Array.from({ length: count }, () => pageBytes)

describe('forecast', () => {
  it('[TRN21] says when the backlog is through, within a fifth of what then happens, whatever the windows and bounds', () => {
    let foretold = 0
    fc.assert(
      fc.property(
        model,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 20, max: 3_000 }),
        (line, urgent, routine, bulk) => {
          const flows: Flow[] = [
            { lane: 'urgent', startMs: 0, messages: pages(urgent), parallel: 1 },
            { lane: 'routine', startMs: 0, messages: pages(routine), parallel: 1 },
            { lane: 'bulk', startMs: 0, messages: pages(bulk), parallel: 1 },
          ]
          const carried = runLine(flows, line, 25 * modelDayMs)
          // What a store measures: bytes by the time that the line was busy.
          const busyMs = sum(carried.map((c, i) => c.doneMs - Math.max(c.releasedMs, carried[i - 1]?.doneMs ?? 0)))
          const speed = (sum(carried.map((c) => c.bytes)) * 1_000) / busyMs
          const work = { urgent: urgent * pageBytes, routine: routine * pageBytes, bulk: bulk * pageBytes }
          const through = forecastOf(line, work, speed)
          if (carried.length < urgent + routine + bulk) {
            expect(through === null || through > 20 * modelDayMs).toBe(true)
            return
          }
          const happenedMs = Math.max(...carried.map((c) => c.doneMs))
          foretold += 1
          // Of a backlog that ends about when a window does, nobody can say whether the rest must wait for the next one: then a fifth
          // less or more of it tells the other time.
          const share = (part: number) => ({ urgent: work.urgent * part, routine: work.routine * part, bulk: work.bulk * part })
          const told = [0.8, 1, 1.2].map((part) => forecastOf(line, share(part), speed) ?? Infinity)
          // Between two messages of a lane the line carries another lane's. So what comes last may be through before its window closes,
          // where all that is foretold to come first would have filled it.
          const alone = (part: Partial<typeof work>) => forecastOf(line, { urgent: 0, routine: 0, bulk: 0, ...part }, speed) ?? Infinity
          const { urgent: urgentBytes, routine: routineBytes, bulk: bulkBytes } = work
          const all = (sum(Object.values(work)) * 1_000) / speed
          const shared = Math.max(all, alone({ urgent: urgentBytes }), alone({ routine: routineBytes }), alone({ bulk: bulkBytes }))
          const [earliest, latest] = [Math.min(...told, shared), Math.max(...told)]
          expect(happenedMs).toBeGreaterThanOrEqual(earliest * 0.8 - 5_000)
          expect(happenedMs).toBeLessThanOrEqual(latest * 1.2 + 5_000)
        },
      ),
      { numRuns: 150, examples: [[bulkClosesFirst, 114, 164, 23]] },
    )
    expect(foretold).toBeGreaterThan(80)
  })

  const open: LineModel = { bytesPerSecond: 0, delayMs: 0, caps: { metered: false }, windows: {} }
  const bulk = (bytes: number) => ({ urgent: 0, routine: 0, bulk: bytes })

  it('[TRN21] nobody can say without a speed, nor of what never opens', () => {
    expect(forecastOf(open, bulk(1_000), undefined)).toBeNull()
    expect(forecastOf({ ...open, windows: { bulk: [] } }, bulk(1_000), 1_000)).toBeNull()
    expect(forecastOf({ ...open, caps: { metered: true } }, bulk(1_000), 1_000)).toBeNull()
    expect(forecastOf(open, bulk(0), undefined)).toBe(0)
  })

  it('[TRN21] a bound per second is a speed; a day’s bound goes on the next day; urgent traffic does not wait for it', () => {
    expect(forecastOf({ ...open, caps: { metered: false, kilobytesPerSecond: 10 } }, bulk(1_000_000), undefined)).toBe(100_000)
    const daily = { ...open, caps: { metered: false, megabytesPerDay: 1 } }
    expect(forecastOf(daily, bulk(2_500_000), 1_000_000)).toBe(2 * modelDayMs + 500)
    expect(forecastOf(daily, { urgent: 2_500_000, routine: 0, bulk: 0 }, 1_000_000)).toBe(2_500)
  })
})
