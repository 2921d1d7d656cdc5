/** The offset is always within what was claimed, whatever the line does to the messages. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addClockSample, driftLimitMs, hubOffset, isDrifting, priceTimeMs, unknownHubClock, type ClockSample } from './hub-clock.ts'

const measure = (samples: readonly ClockSample[]) => hubOffset(samples.reduce(addClockSample, unknownHubClock))

/** The store is `offsetMs` ahead; the hub speaks `upMs` after the message was sent. */
const sample = (offsetMs: number, upMs: number, downMs: number, atMs = 0): ClockSample => ({
  ...{ sentAtMs: atMs + offsetMs, hubTimeMs: atMs + upMs, receivedAtMs: atMs + offsetMs + upMs + downMs },
})

describe('the hub’s clock', () => {
  it('[TRN17] measures the offset, and says how far it may be wrong: half the way there and back', () => {
    expect(measure([])).toBeNull()
    expect(measure([sample(5_000, 100, 100)])).toEqual({ offsetMs: 5_000, uncertaintyMs: 100 })
    expect(measure([sample(5_000, 0, 3_000)])).toEqual({ offsetMs: 6_500, uncertaintyMs: 1_500 })
  })

  it('[TRN17] the best of the recent counts, not the newest', () => {
    expect(measure([sample(40, 10, 10), sample(40, 900, 100), sample(40, 20, 60)])).toEqual({ offsetMs: 40, uncertaintyMs: 10 })
  })

  it('[TRN17] one odd message changes nothing; a clock that was set is followed with the second', () => {
    const steady = [1, 2, 3].map(() => sample(0, 10, 10))
    const odd = sample(3_600_000, 10, 10)
    expect(measure([...steady, odd])).toEqual({ offsetMs: 0, uncertaintyMs: 10 })
    expect(measure([...steady, odd, sample(0, 10, 10)])).toEqual({ offsetMs: 0, uncertaintyMs: 10 })
    expect(measure([...steady, odd, odd])).toEqual({ offsetMs: 3_600_000, uncertaintyMs: 10 })
  })

  it('[TRN17] a clock that was set back while a message was on its way says nothing', () => {
    expect(measure([{ sentAtMs: 5_000, receivedAtMs: 1_000, hubTimeMs: 0 }])).toBeNull()
  })

  it('[TRN17] whatever the line delays: the truth lies within the claim, and drift is only claimed when it is certain', () => {
    const delay = fc.integer({ min: 0, max: 120_000 })
    const offset = fc.integer({ min: -200_000, max: 200_000 })
    fc.assert(
      fc.property(offset, fc.array(fc.tuple(delay, delay), { minLength: 1, maxLength: 40 }), (truth, delays) => {
        const found = measure(delays.map(([up, down], i) => sample(truth, up, down, i * 1_000)))
        if (!found) throw new Error('nothing was measured')
        expect(Math.abs(found.offsetMs - truth)).toBeLessThanOrEqual(found.uncertaintyMs + 1)
        if (isDrifting(found)) expect(Math.abs(truth)).toBeGreaterThanOrEqual(driftLimitMs)
      }),
    )
  })

  it('[TRN17] [PRC1] prices follow the store’s own clock, unless that is certainly wrong', () => {
    expect(priceTimeMs(1_000_000, null)).toBe(1_000_000)
    expect(priceTimeMs(1_000_000, { offsetMs: 20_000, uncertaintyMs: 5 })).toBe(1_000_000)
    expect(priceTimeMs(1_000_000, { offsetMs: 60_000, uncertaintyMs: 40_000 })).toBe(1_000_000)
    expect(priceTimeMs(1_000_000, { offsetMs: 60_000, uncertaintyMs: 10 })).toBe(940_000)
    expect(priceTimeMs(1_000_000, { offsetMs: -60_000, uncertaintyMs: 10 })).toBe(1_060_000)
  })
})
