import { receiptDifference } from '#sync/core/receipt.ts'
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import { receipt } from '#test/posting/receipts.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erpLinesOf } from './erp-lines.ts'

const two = receipt(
  [
    { itemId: 'A', quantityMilli: 1_000, unitPriceMinor: 700 },
    { itemId: 'B', quantityMilli: 2_000, unitPriceMinor: 150 },
  ],
  { number: 1 },
)
const discountOf = (amountMinor: number) => ({ code: 'STAFF', description: 'Staff', amountMinor })
const changed = (change: Partial<Record<keyof Transaction, unknown>>): Transaction => transactionSchema.parse({ ...two, ...change })
const discounted = (discounts: number[], grandMinor: number, roundingMinor?: number): Transaction =>
  changed({
    discounts: discounts.map(discountOf),
    totals: { netMinor: 0, taxMinor: 0, grandMinor, ...(roundingMinor === undefined ? {} : { roundingMinor }) },
  })

describe('a receipt as lines for an ERP', () => {
  it('[HUB4] discounts on the receipt are borne by its lines, and the stated rounding is the rounding', () => {
    expect(erpLinesOf(discounted([70, 30], 900))).toMatchObject({
      outcome: 'lines',
      lines: [{ amountMinor: 630 }, { amountMinor: 270 }],
      roundingMinor: 0,
    })
    expect(erpLinesOf(discounted([100], 905, 5))).toMatchObject({ lines: [{ amountMinor: 630 }, { amountMinor: 270 }], roundingMinor: 5 })
    // Beyond what an unstated rounding may be: a currency of large coins.
    expect(erpLinesOf(discounted([], 1_250, 250))).toMatchObject({ outcome: 'lines', roundingMinor: 250 })
  })

  it('[HUB4] [HUB10] what does not add up is for a person', () => {
    for (const [made, words] of [
      [discounted([100], 910, 5), 'The lines come to 9.00 EUR, with a rounding of 0.05 EUR, the receipt says 9.10 EUR.'],
      [discounted([100], 901, 0), 'The lines come to 9.00 EUR, the receipt says 9.01 EUR.'],
      [discounted([100], 1_500), 'The lines come to 9.00 EUR, the receipt says 15.00 EUR.'],
      [discounted([1_001], 0), 'The receipt takes off 10.01 EUR, more than its lines come to.'],
    ] as const)
      expect(erpLinesOf(made)).toEqual({ outcome: 'rejected', code: 'DOES_NOT_ADD_UP', message: words })
  })

  it('[HUB4] lines and rounding always come to the receipt’s total, for every receipt that adds up', () => {
    const line = fc.record({
      quantityMilli: fc.integer({ min: -5, max: 5 }).filter((count) => count !== 0),
      unitPriceMinor: fc.integer({ min: 1, max: 100_000 }),
      voided: fc.boolean(),
    })
    let posted = 0
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: -20_000, max: 20_000 }), { maxLength: 3 }),
        fc.option(fc.integer({ min: -300, max: 300 }), { nil: undefined }),
        fc.boolean(),
        (lines, discounts, rounding, taxIncluded) => {
          const made = receipt(
            lines.map((each) => ({ ...each, itemId: 'A', quantityMilli: each.quantityMilli * 1_000 })),
            { number: 1, taxIncluded },
          )
          const off = discounts.reduce((sum, each) => sum + each, 0)
          const grandMinor = made.totals.grandMinor - off + (rounding ?? 0)
          const { taxMinor } = made.totals
          const whole = transactionSchema.parse({
            ...made,
            discounts: discounts.map(discountOf),
            tenders: [{ lineNumber: 1, kind: 'cash', amountMinor: grandMinor, voided: false }],
            totals: {
              netMinor: grandMinor - taxMinor - (rounding ?? 0),
              taxMinor,
              grandMinor,
              ...(rounding === undefined ? {} : { roundingMinor: rounding }),
            },
          })
          expect(receiptDifference(whole)).toBe(null)
          const erp = erpLinesOf(whole)
          if (erp.outcome === 'rejected') return
          posted++
          const sum = erp.lines.reduce((total, each) => total + each.amountMinor, 0)
          expect(sum + (taxIncluded ? 0 : taxMinor) + erp.roundingMinor).toBe(grandMinor)
          expect(erp.roundingMinor).toBe(rounding ?? 0)
          for (const each of erp.lines)
            expect(each.amountMinor === 0 || Math.sign(each.amountMinor) === Math.sign(each.quantityMilli)).toBe(true)
        },
      ),
    )
    expect(posted).toBeGreaterThan(20)
  })
})
