import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { progressOf, wordProgress } from './progress.ts'

describe('how far a rebuild is', () => {
  it('[MRG20] records read of how many, how fast, and when it will be through', () => {
    expect(progressOf(400_000, 1_000_000, 80_000)).toEqual({ read: 400_000, total: 1_000_000, perSecond: 5_000, secondsLeft: 120 })
    expect(wordProgress(progressOf(400_000, 1_000_000, 80_000))).toBe('400,000 of 1,000,000 records, 5,000 a second, about 2 minutes left')
    expect(wordProgress(progressOf(100, 400, 1_000))).toBe('100 of 400 records, 100 a second, about 3 s left')
    expect(wordProgress(progressOf(1, 36_001, 1_000))).toBe('1 of 36,001 records, 1 a second, about 10.0 hours left')
    expect(wordProgress(progressOf(0, 10, 0))).toBe('0 of 10 records, 0 a second')
    expect(wordProgress(progressOf(10, 10, 2_000))).toBe('10 of 10 records, 5 a second, all read')
  })

  it('[MRG20] is never through early, and has no time left when all is read', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(10_000_000), fc.nat(10_000_000), (read, total, elapsedMs) => {
        const { perSecond, secondsLeft } = progressOf(read, total, elapsedMs)
        if (read >= total) expect(secondsLeft).toBe(0)
        else if (secondsLeft !== null) expect(secondsLeft * perSecond).toBeGreaterThanOrEqual(total - read)
        else expect(perSecond).toBe(0)
      }),
    )
  })
})
