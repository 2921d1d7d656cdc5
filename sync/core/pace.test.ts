import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paceAfterAnswer, paceAfterLoss, type PaceBounds } from './pace.ts'

const bounds: PaceBounds = { startingSize: 64_000, minSize: 4_000, maxSize: 600_000 }
/** A message is given up after so long. */
const timeoutMs = 20_000

describe('the pace of a line', () => {
  it('[TRN2] finds a size that gets through on any line that carries the smallest one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.25, max: 1_000, noNaN: true }), fc.integer({ min: 0, max: 3_000 }), (bytesPerMs, delayMs) => {
        const tookMs = (size: number): number => 2 * delayMs + size / bytesPerMs
        fc.pre(tookMs(bounds.minSize) < timeoutMs)
        let size = bounds.startingSize
        let through = 0
        for (let sent = 0; sent < 40; sent += 1) {
          const took = tookMs(size)
          if (took < timeoutMs) through += size
          size = took < timeoutMs ? paceAfterAnswer(size, took, bounds) : paceAfterLoss(size, bounds)
          expect(size).toBeGreaterThanOrEqual(bounds.minSize)
          expect(size).toBeLessThanOrEqual(bounds.maxSize)
        }
        expect(through).toBeGreaterThan(20 * bounds.minSize)
      }),
    )
  })

  it('[TRN2] reaches the largest size after a few answers on a good line', () => {
    let size = bounds.startingSize
    for (let answers = 0; answers < 4; answers += 1) size = paceAfterAnswer(size, 30, bounds)
    expect(size).toBe(bounds.maxSize)
  })
})
