import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateVelocity, expectedMicro, expectedNextMicro } from './velocity.ts'

const hourMs = 3_600_000
const mondayMs = Date.UTC(2026, 10, 23)
/** Open from 9 to 19 but on Sundays; the afternoon sells twice the morning. */
const hourOfWeekPpm = Array.from({ length: 168 }, (_, hour) =>
  hour >= 144 || hour % 24 < 9 || hour % 24 >= 19 ? 0 : hour % 24 < 14 ? 1_000_000 : 2_000_000,
)
const twoAnHour = { milliPerHour: 2_000, hourOfWeekPpm }

describe('the velocity of an item', () => {
  it('[AVL2] a closed night sells nothing, and an hour of the week what it weighs', () => {
    expect(expectedMicro(twoAnHour, mondayMs + 19 * hourMs, mondayMs + 33 * hourMs)).toBe(0)
    expect(expectedMicro(twoAnHour, mondayMs + 13.5 * hourMs, mondayMs + 14.5 * hourMs)).toBe(3_000_000)
    expect(expectedMicro(twoAnHour, mondayMs, mondayMs + 168 * hourMs)).toBe(180_000_000)
    expect(expectedMicro({ milliPerHour: 1_500 }, 0, 3 * hourMs)).toBe(4_500_000)
  })

  it('[AVL2] the next half hour of trading before opening is the first of the morning', () => {
    expect(expectedNextMicro(twoAnHour, mondayMs - 10 * hourMs, 1_800_000)).toBe(1_000_000)
    expect(expectedNextMicro(twoAnHour, mondayMs + 18.75 * hourMs, 1_800_000)).toBe(1_000_000 + 500_000)
  })

  it('[AVL2] a store that is never open, sales taken back and a year of silence end in numbers', () => {
    expect(expectedNextMicro({ milliPerHour: 2_000, hourOfWeekPpm: hourOfWeekPpm.map(() => 0) }, mondayMs, hourMs)).toBe(0)
    expect(expectedMicro({ milliPerHour: -5 }, 0, hourMs)).toBe(0)
    expect(expectedMicro({ milliPerHour: 1e12 }, 0, 9e15)).toBe(1e12)
  })

  it('[AVL2] stretches that meet add up, to a rounding', () => {
    const moment = fc.integer({ min: 0, max: 20 * 24 * 3_600 }).map((seconds) => mondayMs + seconds * 1_000)
    fc.assert(
      fc.property(fc.tuple(moment, moment, moment), (moments) => {
        const [from, between, to] = moments.toSorted((a, b) => a - b) as [number, number, number]
        const parts = expectedMicro(twoAnHour, from, between) + expectedMicro(twoAnHour, between, to)
        expect(Math.abs(parts - expectedMicro(twoAnHour, from, to))).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('[AVL2] a promotion that the neighbours sell is believed at a store that is silent; what the store sold itself weighs more with every hour', () => {
    const usualMilliPerHour = 500
    const nothing = { soldMilli: 0, hoursMilli: 0 }
    const quiet = { soldMilli: 0, expectedMilli: 0 }
    expect(estimateVelocity({ usualMilliPerHour, recent: nothing, chain: quiet })).toBe(500)
    expect(estimateVelocity({ usualMilliPerHour, recent: nothing, chain: { soldMilli: 590_000, expectedMilli: 90_000 } })).toBe(3_000)
    expect(estimateVelocity({ usualMilliPerHour, recent: { soldMilli: 8_000, hoursMilli: 2_000 }, chain: quiet })).toBe(2_250)
  })
})
