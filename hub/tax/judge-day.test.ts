import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Basket, judgeDay, type SoldItem, type StatedTax, type TaxMaster } from './judge-day.ts'
import { taxOn } from './rate.ts'

const rates = { standard: 190_000, reduced: 70_000, zero: 0 } as const
type Category = keyof typeof rates
const isCategory = (text: string): text is Category => Object.hasOwn(rates, text)
const codes: Record<string, Category> = { A: 'standard', B: 'reduced', Z: 'zero' }
const master: TaxMaster = {
  categoryOf: (code) => codes[code] ?? null,
  rateOf: (category) => (isCategory(category) ? rates[category] : null),
}
const codeOf: Record<Category, string> = { standard: 'A', reduced: 'B', zero: 'Z' }

const sold = (itemId: string, category: string, amountMinor: number, lines = 1): SoldItem => ({
  itemId,
  categories: [category],
  amountMinor,
  lines,
})
const tax = (code: string, rateMicro: number | null, taxMinor: number, inclusive = true): StatedTax => ({
  code,
  rateMicro,
  taxMinor,
  inclusive,
})
const basket = (taxes: StatedTax[], items: SoldItem[], change: Partial<Basket> = {}): Basket => ({
  ...{ taxes, sold: items, isDiscounted: false, receipts: 1 },
  ...change,
})
const judge = (...baskets: Basket[]) => judgeDay(baskets, master)

describe('the judge of a day’s taxes', () => {
  it('[IDN12] a rate that is not in force is told of the code, with what was taken too little', () => {
    expect(judge(basket([tax('A', 160_000, 1_600, false)], [sold('TEA', 'standard', 10_000)]))).toEqual([
      { about: 'code:A', reason: 'the till charges 16 %, the rate of standard in force is 19 %', amountMinor: -300 },
    ])
    expect(judge(basket([tax('A', 0, 0)], [sold('TEA', 'standard', 11_900)]))).toMatchObject([{ about: 'code:A', amountMinor: -1_900 }])
  })

  it('[IDN12] an item that the till taxes otherwise is told of the item, whatever else was sold that day', () => {
    const wrong = basket([tax('A', 190_000, 1_900)], [sold('MILK', 'reduced', 10_700), sold('TEA', 'standard', 1_200)])
    const right = basket([tax('B', 70_000, 70)], [sold('BREAD', 'reduced', 1_070)])
    expect(judge(right, wrong)).toEqual([
      { about: 'item:MILK', reason: 'the till taxes it as standard, the master as reduced (7 %)', amountMinor: 1_708 - 700 },
    ])
  })

  it('[IDN12] in a receipt of several taxes the one item that explains the sums is told, else the codes', () => {
    const taxes = (standard: number, reduced: number) => [tax('A', 190_000, standard), tax('B', 70_000, reduced)]
    // MILK is taxed as standard, of 10,700 that should be reduced.
    const one = basket(taxes(1_900 + 1_708, 70), [
      sold('TEA', 'standard', 11_900),
      sold('MILK', 'reduced', 10_700),
      sold('BREAD', 'reduced', 1_070),
    ])
    expect(judge(one)).toEqual([
      { about: 'item:MILK', reason: 'the till taxes it as standard, the master as reduced', amountMinor: 1_708 - 700 },
    ])
    const unclear = basket(taxes(2_500, 70), [
      sold('TEA', 'standard', 11_900),
      sold('MILK', 'reduced', 10_700),
      sold('BREAD', 'reduced', 1_070),
    ])
    expect(judge(unclear).map(({ about, amountMinor }) => [about, amountMinor])).toEqual([
      ['code:A', 600],
      ['code:B', -700],
    ])
  })

  it('[IDN12] goods that are not taxed need no tax on the receipt; a receipt without any tax is told once', () => {
    expect(judge(basket([tax('A', 190_000, 1_900)], [sold('TEA', 'standard', 11_900), sold('STAMP', 'zero', 500)]))).toEqual([])
    expect(judge(basket([tax('A', 190_000, 1_980)], [sold('TEA', 'standard', 11_900), sold('STAMP', 'zero', 500)]))).toMatchObject([
      { about: 'item:STAMP', amountMinor: 80 },
    ])
    expect(judge(basket([], [sold('STAMP', 'zero', 500)]))).toEqual([])
    expect(judge(basket([], [sold('TEA', 'standard', 11_900)]))).toEqual([
      { about: 'code:', reason: 'the till states no tax where tax is due', amountMinor: -1_900 },
    ])
    expect(judge(basket([tax('total', null, 1_900)], [sold('TEA', 'standard', 11_900)]))).toEqual([])
    expect(judge(basket([tax('total', null, 700)], [sold('TEA', 'standard', 11_900)]))).toMatchObject([
      { about: 'code:total', amountMinor: -1_200 },
    ])
  })

  it('[IDN12] what cannot be judged yet is not: a word nobody mapped, an item nobody knows; a category without a rate is told', () => {
    expect(judge(basket([tax('X', 160_000, 5)], [sold('TEA', 'standard', 11_900)]))).toEqual([])
    const unknown: SoldItem = { itemId: null, categories: [], amountMinor: 5_000, lines: 1 }
    expect(judge(basket([tax('A', 190_000, 5)], [unknown, sold('TEA', 'standard', 11_900)]))).toEqual([])
    expect(judgeDay([basket([tax('A', 190_000, 5)], [])], { ...master, rateOf: () => null })).toEqual([
      { about: 'code:A', reason: 'the master has no rate in force for standard', amountMinor: 5 },
    ])
    // What was taken off the receipt as a whole is taxed nowhere.
    expect(judge(basket([tax('A', 190_000, 1_500)], [sold('TEA', 'standard', 11_900)], { isDiscounted: true }))).toEqual([])
  })

  it('[IDN12] the item’s category on that day is right, and so is its present one, which may be a correction', () => {
    const corrected: SoldItem = { ...sold('MILK', 'reduced', 10_700), categories: ['reduced', 'standard'] }
    expect(judge(basket([tax('B', 70_000, 700)], [corrected]))).toEqual([])
    expect(judge(basket([tax('A', 190_000, 1_708)], [corrected]))).toEqual([])
  })

  const anyItem = fc.record({
    category: fc.constantFrom<Category>('standard', 'reduced', 'zero'),
    amounts: fc.array(fc.integer({ min: -5_000, max: 20_000 }), { minLength: 1, maxLength: 4 }),
  })
  const anyReceipts = fc.array(fc.array(anyItem, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
  /** As a till does it that has the master's rates: rounded by line or by receipt, stating its rates or not. */
  const ring = (
    receipt: { category: Category; amounts: number[] }[],
    at: number,
    byLine: boolean,
    inclusive: boolean,
    statesRates: boolean,
  ): Basket => {
    const taxes = [...new Set(receipt.map(({ category }) => category))].map((category) => {
      const amounts = receipt.flatMap((item) => (item.category === category ? item.amounts : []))
      const rounded = byLine ? amounts : [amounts.reduce((a, b) => a + b, 0)]
      const taxMinor = rounded.reduce((sum, amount) => sum + taxOn(amount, rates[category], inclusive), 0)
      return tax(codeOf[category], statesRates ? rates[category] : null, taxMinor, inclusive)
    })
    const items = receipt.map(({ category, amounts }, index) =>
      sold(
        `I${at}-${index}`,
        category,
        amounts.reduce((a, b) => a + b, 0),
        amounts.length,
      ),
    )
    return basket(taxes, items)
  }

  it('[IDN12] a till that does as the master says is never told, however it rounds', () => {
    fc.assert(
      fc.property(anyReceipts, fc.boolean(), fc.boolean(), fc.boolean(), (receipts, byLine, inclusive, statesRates) => {
        expect(judge(...receipts.map((receipt, at) => ring(receipt, at, byLine, inclusive, statesRates)))).toEqual([])
      }),
    )
  })

  it('[IDN12] the findings are the same for baskets and items in any order', () => {
    fc.assert(
      fc.property(anyReceipts, fc.array(fc.integer({ min: -2_000, max: 2_000 }), { minLength: 4, maxLength: 4 }), (receipts, off) => {
        const baskets = receipts.map((receipt, at) => {
          const made = ring(receipt, at, false, true, true)
          return {
            ...made,
            taxes: made.taxes.map((each, index) => (index === 0 ? { ...each, taxMinor: each.taxMinor + (off[at] ?? 0) } : each)),
          }
        })
        const turned = baskets.toReversed().map((each) => ({ ...each, taxes: each.taxes.toReversed(), sold: each.sold.toReversed() }))
        expect(judge(...turned)).toEqual(judge(...baskets))
      }),
    )
  })
})
