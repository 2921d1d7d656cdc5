import { describe, expect, it } from 'vitest'
import { type ComparedItem, compareStock, type HubStock } from './erp-differences.ts'
import { endedDifferences, stockExceptions, toldAtMost } from './erp-exceptions.ts'
import { nightOf } from './nightly-comparison.ts'

const hub = (onHandMilli: number, inFlightMilli = 0, inDoubt = false, itemId = 'A'): HubStock => ({
  itemId,
  onHandMilli,
  inFlightMilli,
  inDoubt,
})
const outcome = (before: HubStock[], after: HubStock[], erpMilli?: number) =>
  compareStock(before, after, erpMilli === undefined ? [] : [{ itemId: 'A', quantityMilli: erpMilli }]).map((each) => each.outcome)
const differing = (itemId: string, hubMilli: number, how: ComparedItem['outcome'] = 'differs'): ComparedItem => ({
  ...{ itemId, outcome: how, hubMilli, erpMilli: 0, inFlightMilli: 0 },
})

describe('the ERP’s stock beside the hub’s', () => {
  it('[STK7] receipts on their way explain what they explain, and no more', () => {
    expect(outcome([hub(10)], [hub(10)], 10)).toEqual(['agrees'])
    expect(outcome([hub(7, -3)], [hub(7, -3)], 10)).toEqual(['in-flight'])
    expect(outcome([hub(7, -3)], [hub(7, -3)], 11)).toEqual(['differs'])
    // A count of ten, after a sale that the ERP does not have yet.
    expect(outcome([hub(10, -3)], [hub(10, -3)], 13)).toEqual(['in-flight'])
    expect(outcome([hub(10, -3)], [hub(10, -3)], 10)).toEqual(['differs'])
    expect(outcome([hub(0)], [hub(0)])).toEqual(['agrees'])
    expect(outcome([], [], 4)).toEqual(['differs'])
    expect(outcome([hub(4)], [hub(4)])).toEqual(['differs'])
  })

  it('[STK7] what moved meanwhile, and what may be in the ERP already, is not judged', () => {
    expect(outcome([hub(7, -3)], [hub(7, 0)], 10)).toEqual(['unsettled'])
    expect(outcome([hub(7)], [hub(6)], 10)).toEqual(['unsettled'])
    expect(outcome([], [hub(6)], 10)).toEqual(['unsettled'])
    expect(outcome([hub(7, -3, true)], [hub(7, -3)], 11)).toEqual(['unsettled'])
    expect(outcome([hub(7, -3)], [hub(7, -3, true)], 11)).toEqual(['unsettled'])
  })

  it('[STK7] [HUB7] a difference is told with both figures; of very many the largest, and how many there are', () => {
    expect(stockExceptions('S|1', [{ ...differing('A', 2_500), erpMilli: 4_000, inFlightMilli: -500 }])).toEqual([
      {
        exceptionId: 'STOCK_DIFFERS:S%7C1|A',
        kind: 'STOCK_DIFFERS',
        storeId: 'S|1',
        itemId: 'A',
        message: 'Of A at store S|1 the hub has 2.5, the ERP 4, to which receipts on their way will add -0.5.',
      },
    ])
    const many = Array.from({ length: toldAtMost + 3 }, (_, n) => differing(`I${n}`, n + 1))
    const told = stockExceptions('S1', many)
    expect(told).toHaveLength(toldAtMost + 1)
    expect(told.map(({ itemId }) => itemId)).not.toContain('I0')
    expect(told.at(-1)).toMatchObject({ exceptionId: 'STOCK_DIFFERS:S1', message: expect.stringContaining('203 items differ') })
  })

  it('[STK7] an exception ends when its item agrees or is explained; one that cannot be told now stays', () => {
    const ids = ['A', 'B', 'C', 'D', 'E'].map((itemId) => `STOCK_DIFFERS:S1|${itemId}`)
    const compared = [differing('A', 1), differing('B', 1, 'agrees'), differing('C', 1, 'in-flight'), differing('D', 1, 'unsettled')]
    expect(endedDifferences('S1', compared, [...ids, 'STOCK_DIFFERS:S1'])).toEqual([ids[1], ids[2], ids[4], 'STOCK_DIFFERS:S1'])
  })

  it('[STK7] a night begins at three o’clock of the store', () => {
    expect(nightOf(Date.parse('2026-01-31T01:59:59Z'), 'Europe/Berlin')).toBe('2026-01-30')
    expect(nightOf(Date.parse('2026-01-31T02:00:00Z'), 'Europe/Berlin')).toBe('2026-01-31')
  })
})
