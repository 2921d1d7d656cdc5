import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeReturns, openMilli, type OriginalItem, type ReturnedLine, withoutCancelled } from './returns.ts'

const sold = (units: number, change: Partial<OriginalItem> = {}): OriginalItem => ({
  ...{ sale: 'known', soldMilli: units * 1_000, acceptedMilli: 0, rejectedMilli: 0 },
  ...change,
})
const line = (key: string, units: number, change: Partial<ReturnedLine> = {}): ReturnedLine => ({
  ...{ storeId: key.slice(0, 2), naturalKey: key, lineNumber: 1, businessDay: '2026-01-31', returnedMilli: units * 1_000 },
  ...change,
})

const aLine = fc.record({
  storeId: fc.constantFrom('S1', 'S2'),
  naturalKey: fc.constantFrom('a', 'b', 'c', 'd'),
  lineNumber: fc.integer({ min: 1, max: 9 }),
  businessDay: fc.constantFrom('2026-01-30', '2026-01-31'),
  returnedMilli: fc.nat(5_000),
})
const someLines = fc.uniqueArray(aLine, { selector: ({ naturalKey, lineNumber }) => `${naturalKey} ${lineNumber}`, maxLength: 8 })

describe('returns against what was sold', () => {
  it('[MRG2] the earliest day comes first, then the smallest key: what goes beyond the sale is held, with a reason', () => {
    const judged = judgeReturns(sold(2), [line('S2|b', 2), line('S1|a', 1), line('S3|c', 1, { businessDay: '2026-01-30' })])
    expect(judged.map(({ line: { naturalKey }, heldMilli, verdict }) => [naturalKey, heldMilli, verdict])).toEqual([
      ['S3|c', 0, 'accept'],
      ['S1|a', 0, 'accept'],
      ['S2|b', 2_000, 'hold'],
    ])
    expect(judged[2]?.reason).toBe('2 more than was sold and not yet returned')
    expect(openMilli(sold(2), judged)).toBe(2_000)
    expect(openMilli(sold(2, { rejectedMilli: 2_000 }), judged)).toBe(0)
  })

  it('[MRG2] a sale that is not there holds nothing back, and one whose items are not known yet neither', () => {
    expect(judgeReturns(sold(0, { sale: 'missing' }), [line('S1|a', 1)])).toMatchObject([
      { verdict: 'accept with exception', heldMilli: 0 },
    ])
    expect(judgeReturns(sold(0, { sale: 'waits' }), [line('S1|a', 1)])).toMatchObject([{ verdict: 'accept', heldMilli: 0 }])
  })

  it('[MRG5] what a person accepted counts as if it had been sold', () => {
    expect(judgeReturns(sold(1, { acceptedMilli: 1_000 }), [line('S1|a', 1), line('S2|b', 2)])).toMatchObject([
      { heldMilli: 0 },
      { heldMilli: 1_000 },
    ])
  })

  it('[MRG2] into stock comes what was returned, at most what was sold, and which is held does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(someLines, fc.nat(12_000), fc.infiniteStream(fc.nat()), (lines, soldMilli, chance) => {
        const judged = judgeReturns(sold(0, { soldMilli }), lines)
        const returned = lines.reduce((sum, { returnedMilli }) => sum + returnedMilli, 0)
        const held = judged.reduce((sum, { heldMilli }) => sum + heldMilli, 0)
        expect(returned - held).toBe(Math.min(returned, soldMilli))
        for (const {
          line: { returnedMilli },
          heldMilli,
          verdict,
        } of judged) {
          expect(heldMilli).toBeLessThanOrEqual(returnedMilli)
          expect(verdict).toBe(heldMilli > 0 ? 'hold' : 'accept')
        }
        const shuffled = lines.map((each) => ({ each, at: chance.next().value as number })).sort((a, b) => a.at - b.at)
        expect(
          judgeReturns(
            sold(0, { soldMilli }),
            shuffled.map(({ each }) => each),
          ),
        ).toEqual(judged)
      }),
    )
  })

  it('[MRG2] a return that was cancelled afterwards is taken off its own receipt, the last line first', () => {
    const lines = [1, 2].map((lineNumber) => ({ ...line('S1|a', 2, { lineNumber }), cancelledMilli: 3_000 }))
    const other = { ...line('S1|b', 2), cancelledMilli: 0 }
    const off = withoutCancelled([...lines, other]).map(({ naturalKey, lineNumber, returnedMilli }) => [
      naturalKey,
      lineNumber,
      returnedMilli,
    ])
    expect(off.sort()).toEqual([
      ['S1|a', 1, 1_000],
      ['S1|a', 2, 0],
      ['S1|b', 1, 2_000],
    ])
  })
})
