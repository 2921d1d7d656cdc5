import { describe, expect, it } from 'vitest'
import { daysLate, judgeArrival } from './late-arrival.ts'

describe('late arrival', () => {
  it('[MRG7] whole days between the business day and the one of arrival; a clock that is behind makes nothing early', () => {
    const late = (at: string): number => daysLate('2026-01-31', Date.parse(at))
    expect([
      late('2026-01-31T23:59:00Z'),
      late('2026-02-01T00:00:00Z'),
      late('2026-02-10T12:00:00Z'),
      late('2026-01-01T00:00:00Z'),
    ]).toEqual([0, 1, 10, 0])
  })

  it('[MRG7] a week is nothing to tell; more is, unless a close has it', () => {
    expect(judgeArrival({ days: 1, isCovered: false })).toEqual({ verdict: 'accept', reason: 'on time' })
    expect(judgeArrival({ days: 7, isCovered: false })).toEqual({ verdict: 'accept', reason: '7 days late' })
    expect(judgeArrival({ days: 8, isCovered: true })).toMatchObject({ verdict: 'accept' })
    expect(judgeArrival({ days: 8, isCovered: false })).toMatchObject({ verdict: 'accept with exception' })
  })
})
