import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addUsage, bytesOfDay, usageOf, type Usage } from './day-usage.ts'
import { dayAt, knownTimeZone, nextDayAt } from './zone-day.ts'

describe('bytes by day', () => {
  it('[TRN20] a clock that jumps between days gives none of them a second budget', () => {
    const days = fc.array(fc.record({ day: fc.integer({ min: 1, max: 60 }), bytes: fc.integer({ min: 0, max: 1e6 }) }), { maxLength: 300 })
    fc.assert(
      fc.property(days, (moves) => {
        let usage: Usage = []
        const counted = new Map<string, number>()
        for (const [index, { day, bytes }] of moves.entries()) {
          usage = addUsage(usage, `2026-${day}`, index % 2 ? 'sent' : 'received', bytes)
          counted.set(`2026-${day}`, (counted.get(`2026-${day}`) ?? 0) + bytes)
        }
        for (const [day, bytes] of counted) expect(bytesOfDay(usageOf(usage, day))).toBe(bytes)
      }),
    )
  })

  it('keeps the days last used', () => {
    let usage: Usage = []
    for (let day = 0; day < 100; day++) usage = addUsage(addUsage(usage, 'now', 'sent', 1), `day ${day}`, 'received', 1)
    expect(usage).toHaveLength(62)
    expect(usageOf(usage, 'now')).toEqual({ day: 'now', sentBytes: 100, receivedBytes: 0 })
    expect(bytesOfDay(usageOf(usage, 'day 3'))).toBe(0)
  })

  it('[TRN20] a day is one of the store’s zone, also where the clocks change', () => {
    expect(dayAt(Date.parse('2026-03-01T23:30:00Z'), 'Europe/Berlin')).toBe('2026-03-02')
    const ends = (text: string, zone: string): string => new Date(nextDayAt(Date.parse(text), zone)).toISOString()
    expect(ends('2026-03-01T23:30:00Z', 'Europe/Berlin')).toBe('2026-03-02T23:00:00.000Z')
    expect(ends('2026-03-29T10:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z')
    expect(ends('2026-10-24T22:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z')
    expect(ends('2026-09-26T12:00:00Z', 'Pacific/Auckland')).toBe('2026-09-27T11:00:00.000Z')
    expect(ends('2026-12-31T10:30:00Z', 'Pacific/Auckland')).toBe('2026-12-31T11:00:00.000Z')
    expect(knownTimeZone('Europe/Berlin')).toBe('Europe/Berlin')
    expect(knownTimeZone('Middle/Earth')).toBe('UTC')
  })
})
