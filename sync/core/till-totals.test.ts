import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TillTotals } from '../contract/transaction.ts'
import { sameTillTotals } from './till-totals.ts'

const totals: TillTotals = {
  transactionCount: 3,
  grandMinor: 900,
  tenders: [
    { kind: 'cash', amountMinor: 600, count: 2 },
    { kind: 'card', amountMinor: 300 },
  ],
  taxes: [
    { code: 'A', taxMinor: 60 },
    { code: 'B', taxMinor: 0 },
  ],
}
const amount = fc.integer({ min: -2, max: 2 })
const anyTotals = fc.record(
  {
    transactionCount: fc.integer({ min: 0, max: 2 }),
    grandMinor: amount,
    tenders: fc.array(
      fc.record(
        { kind: fc.constantFrom('cash', 'card'), amountMinor: amount, count: fc.integer({ min: 0, max: 1 }) },
        { requiredKeys: ['kind', 'amountMinor'] },
      ),
      { maxLength: 3 },
    ),
    taxes: fc.array(fc.record({ code: fc.constantFrom('A', 'B'), taxMinor: amount }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<TillTotals>

/** With its lists in another order, and its fields too. */
const shuffled = (one: TillTotals): TillTotals =>
  JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(one).reverse())), (_, value: unknown) =>
    Array.isArray(value) ? value.reverse() : value,
  )

describe('till totals', () => {
  it('[CMP4] are the same in whatever order the till lists them', () => {
    expect(sameTillTotals(totals, shuffled(totals))).toBe(true)
    fc.assert(fc.property(anyTotals, (one) => sameTillTotals(one, shuffled(one))))
  })

  it('[CMP4] differ in any figure, in a line more, and between nothing and not stated', () => {
    const [cash, card] = totals.tenders ?? []
    const others = [
      { ...totals, grandMinor: 901 },
      { ...totals, tenders: [cash, { ...card, count: 1 }] },
      { ...totals, tenders: [cash, card, card] },
      { ...totals, taxes: [] },
      { transactionCount: 3, grandMinor: 900, tenders: totals.tenders },
    ] as TillTotals[]
    for (const other of others) expect(sameTillTotals(totals, other)).toBe(false)
    expect(sameTillTotals({}, { tenders: [] })).toBe(false)
  })
})
