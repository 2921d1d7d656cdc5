import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDecimal } from '../../decimal.ts'
import { priceSale, roundingLimitMinor, type TaxedLine } from './arithmetic.ts'

const vat = { id: 1, rateMicro: 250_000 }
const low = { id: 2, rateMicro: 120_000 }

const line = fc
  .record({
    quantityMilli: fc.integer({ min: 1, max: 200_000 }),
    unitMinor: fc.integer({ min: 0, max: 50_000 }),
    returned: fc.boolean(),
    taxes: fc.constantFrom([vat], [low], [], [vat, low]),
  })
  .map(({ quantityMilli, unitMinor, returned, taxes }): TaxedLine => {
    const sign = returned ? -1 : 1
    return { quantityMilli: sign * quantityMilli, amountMinor: sign * Math.round((quantityMilli * unitMinor) / 1_000), taxes }
  })
const lines = fc.array(line, { minLength: 1, maxLength: 30 })

describe("Tryton's arithmetic", () => {
  it('[HUB4] what rounding leaves stays within the limit', () => {
    fc.assert(
      fc.property(lines, (sale) => {
        const totalMinor = sale.reduce((sum, each) => sum + each.amountMinor, 0)
        expect(Math.abs(priceSale(sale, true, totalMinor, 2).roundingMinor)).toBeLessThanOrEqual(roundingLimitMinor(sale))
      }),
    )
  })

  it('[HUB4] a return is its sale with the sign turned', () => {
    fc.assert(
      fc.property(lines, (sale) => {
        const totalMinor = sale.reduce((sum, each) => sum + each.amountMinor, 0)
        const back = sale.map((each) => ({ ...each, quantityMilli: -each.quantityMilli, amountMinor: -each.amountMinor }))
        const there = priceSale(sale, true, totalMinor, 2)
        const again = priceSale(back, true, -totalMinor, 2)
        expect(again.unitPrices).toEqual(there.unitPrices)
        expect(again.taxMinor + there.taxMinor).toBe(0)
        expect(again.roundingMinor + there.roundingMinor).toBe(0)
      }),
    )
  })

  it('[HUB4] whole quantities of shelf prices in fives need no rounding line', () => {
    const shelf = fc
      .record({ count: fc.integer({ min: 1, max: 50 }), fives: fc.integer({ min: 1, max: 4_000 }) })
      .map(({ count, fives }): TaxedLine => ({ quantityMilli: count * 1_000, amountMinor: count * fives * 5, taxes: [vat] }))
    fc.assert(
      fc.property(fc.array(shelf, { minLength: 1, maxLength: 20 }), (sale) => {
        const totalMinor = sale.reduce((sum, each) => sum + each.amountMinor, 0)
        expect(priceSale(sale, true, totalMinor, 2)).toMatchObject({ roundingMinor: 0, taxMinor: totalMinor / 5 })
      }),
    )
  })

  it('[HUB4] twice three cents at 25 % have no net prices: the rounding line carries one', () => {
    const three: TaxedLine = { quantityMilli: 1_000, amountMinor: 3, taxes: [vat] }
    expect(priceSale([three, three], true, 6, 2)).toEqual({
      unitPrices: ['0.0240', '0.0240'],
      roundingMinor: 1,
      taxMinor: 1,
      totalMinor: 6,
    })
  })

  it('[HUB4] unit prices have four decimals', () => {
    fc.assert(
      fc.property(lines, (sale) => {
        for (const price of priceSale(sale, true, 0, 2).unitPrices) expect(parseDecimal(price)?.digits).toBe(4)
      }),
    )
  })
})
