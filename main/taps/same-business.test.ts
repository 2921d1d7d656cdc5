import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { anyTransaction, saleOf } from '#test/fixtures/transactions.ts'
import { sameBusiness } from './same-business.ts'

const sale = saleOf(1)
const [line] = sale.lineItems
const lines = (...more: Record<string, unknown>[]) =>
  saleOf(1, { lineItems: more.map((one, at) => ({ ...line, lineNumber: at + 1, ...one })) })

describe('the same business', () => {
  it('[CAP26] descriptions, operator, offset, extensions, line numbers and how change is written make no difference', () => {
    const other = saleOf(1, {
      operatorId: 'x',
      endedAt: '2026-01-31T08:15:00+01:00',
      extensions: { a: '<b/>' },
      lineItems: [{ ...line, lineNumber: 7, description: 'TEA 80g' }],
      tenders: [
        { lineNumber: 9, kind: 'cash', amountMinor: 500, voided: false },
        { lineNumber: 10, kind: 'cash', amountMinor: -200, voided: false },
        { lineNumber: 11, kind: 'card', amountMinor: 300, voided: true },
      ],
    })
    expect(sameBusiness(sale, other)).toEqual([])
  })

  it('[CAP26] an item known by number to one and by barcode to the other is no difference, another item is', () => {
    const byBarcode = { itemId: undefined, barcode: '4006381333931' }
    expect(sameBusiness(sale, lines(byBarcode))).toEqual([])
    expect(sameBusiness(lines({}, { itemId: 'B2' }), lines({ itemId: 'B2' }, {}))).toEqual([])
    expect(sameBusiness(sale, lines({ itemId: 'B2' }))).toEqual([
      { what: 'a line', first: '2 × A1 for 3.00 USD', second: '2 × B2 for 3.00 USD' },
    ])
  })

  it.each([
    ['the kind', saleOf(1, { kind: 'return' })],
    ['a line', lines({ quantityMilli: 2_001 })],
    ['a line', lines({ voided: true })],
    ['a line', lines({}, {})],
    ['paid by cash', saleOf(1, { tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: 301, voided: false }] })],
    ['tax A', saleOf(1, { taxes: [] })],
    ['the total', saleOf(1, { totals: { ...sale.totals, grandMinor: 301 } })],
    ['the rounding', saleOf(1, { totals: { ...sale.totals, roundingMinor: 1 } })],
  ])('[CAP26] names %s where it differs', (what, other) => {
    expect(sameBusiness(sale, other)).toMatchObject([{ what }])
  })

  it('[CAP26] is the same both ways, and a transaction is the same as itself', () => {
    fc.assert(
      fc.property(anyTransaction, anyTransaction, (a, b) => {
        expect(sameBusiness(a, a)).toEqual([])
        expect(sameBusiness(a, b).length === 0).toBe(sameBusiness(b, a).length === 0)
      }),
    )
  })
})
