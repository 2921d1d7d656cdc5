import { describe, expect, it } from 'vitest'
import type { Transaction } from '#sync/contract/transaction.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { receiptDifference } from './receipt.ts'

describe('receipt', () => {
  const sale = saleOf(1)
  const exclusive: Transaction = {
    ...sale,
    taxes: [{ code: 'A', taxableMinor: 300, taxMinor: 75, inclusive: false }],
    totals: { netMinor: 300, taxMinor: 75, grandMinor: 375 },
  }

  it('[CAP18] adds up with tax in the price, and with tax on top', () => {
    expect(receiptDifference(sale)).toBeNull()
    const paid: Transaction = { ...exclusive, tenders: [{ lineNumber: 2, kind: 'card', amountMinor: 375, voided: false }] }
    expect(receiptDifference(paid)).toBeNull()
  })

  it('[CAP18][HUB7] names every sum when one of them differs', () => {
    expect(receiptDifference(exclusive)).toEqual({ linesMinor: 375, statedMinor: 375, tenderedMinor: 300, grandMinor: 375 })
    expect(receiptDifference({ ...sale, totals: { ...sale.totals, netMinor: 1 } })?.statedMinor).toBe(61)
    expect(receiptDifference({ ...sale, lineItems: sale.lineItems.map((l) => ({ ...l, voided: true })) })?.linesMinor).toBe(0)
  })

  it('[CAP18] asks nothing of what was never settled', () => {
    expect(receiptDifference({ ...sale, kind: 'suspended', tenders: [] })).toBeNull()
  })
})
