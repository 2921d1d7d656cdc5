import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyTransaction, saleOf } from '#test/fixtures/transactions.ts'
import { closeDifferences } from './day-close.ts'
import { addToTotals, mergeTotals, noTotals, statedTotals, type TotalledTransaction, type TotalsOfDay } from './day-totals.ts'

const sumOf = (transactions: readonly TotalledTransaction[]): TotalsOfDay => transactions.reduce(addToTotals, noTotals)
const cash = (amountMinor: number, lineNumber = 2) => ({ lineNumber, kind: 'cash', amountMinor, voided: false })

describe('a day’s totals', () => {
  it('[CMP4] count what was settled, take change off and leave voided tenders out', () => {
    const tenders = [cash(500), cash(-200, 3), { ...cash(9_999, 4), voided: true }]
    const day = [saleOf(1, { tenders }), saleOf(2), saleOf(3, { kind: 'suspended' }), saleOf(4, { kind: 'paid-in' })]
    expect(statedTotals(sumOf(day))).toEqual({
      transactionCount: 2,
      grandMinor: 600,
      kinds: [
        { kind: 'sale', count: 2, grandMinor: 600 },
        { kind: 'suspended', count: 1, grandMinor: 300 },
        { kind: 'paid-in', count: 1, grandMinor: 300 },
      ],
      tenders: [{ kind: 'cash', count: 2, amountMinor: 600 }],
      taxes: [{ code: 'A', count: 2, taxMinor: 120 }],
    })
  })

  it('[CMP4] the sum over any split is the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyTransaction, fc.nat(3)), { maxLength: 12 }), (parts) => {
        const whole = sumOf(parts.map(([transaction]) => transaction))
        const split = [3, 1, 0, 2].map((part) => sumOf(parts.filter(([, n]) => n === part).map(([transaction]) => transaction)))
        expect(statedTotals(split.reduce(mergeTotals, noTotals))).toEqual(statedTotals(whole))
      }),
    )
  })
})

describe('a till’s own totals', () => {
  const totals = sumOf([saleOf(1), saleOf(2)])
  it('[CMP4] agree, and only what is stated is compared', () => {
    expect(closeDifferences({}, totals)).toEqual([])
    expect(closeDifferences({ transactionCount: 2, grandMinor: 600, tenders: [{ kind: 'cash', amountMinor: 600 }] }, totals)).toEqual([])
  })
  it('[CMP4] differ by measure, each with both figures', () => {
    const till = {
      transactionCount: 3,
      grandMinor: 900,
      tenders: [
        { kind: 'cash' as const, amountMinor: 400, count: 1 },
        { kind: 'cash' as const, amountMinor: 300, count: 2 },
        { kind: 'card' as const, amountMinor: 200 },
      ],
      taxes: [{ code: 'A', taxMinor: 180 }],
    }
    expect(closeDifferences(till, totals)).toEqual([
      { measure: 'transactions', key: '', till: 3, agent: 2 },
      { measure: 'grand', key: '', till: 900, agent: 600 },
      { measure: 'tender', key: 'cash', till: 700, agent: 600 },
      { measure: 'tender-count', key: 'cash', till: 3, agent: 2 },
      { measure: 'tender', key: 'card', till: 200, agent: 0 },
      { measure: 'tax', key: 'A', till: 180, agent: 120 },
    ])
  })
})
