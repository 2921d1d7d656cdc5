/** The comparison itself: what it must call lost, doubled and altered. */
import { describe, expect, it } from 'vitest'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { createSalesLedger } from './sales-ledger.ts'

const recordOf = (seq: number, sale: Transaction, kind: TidelineRecord['kind'] = 'transaction') =>
  ({ seq, kind, payload: canonicalText(sale) }) as TidelineRecord

const answeredSales = (...numbers: number[]) => {
  const ledger = createSalesLedger()
  for (const number of numbers) {
    ledger.offer(saleOf(number))
    ledger.answer(saleOf(number))
  }
  return ledger
}

describe('what tills were answered against what the journal holds', () => {
  it('is content with every answered sale once, and with one that waits for its answer', () => {
    const ledger = answeredSales(1, 2)
    ledger.offer(saleOf(3))
    for (const number of [2, 1, 3]) ledger.see(recordOf(number, saleOf(number)))
    ledger.settle(ledger.answered())
    expect(ledger.losses()).toEqual({ lost: 0, doubled: 0, altered: 0, findings: [] })
  })

  it('[CAP8] counts a lost sale once, however often it is looked for', () => {
    const ledger = answeredSales(1, 2)
    ledger.see(recordOf(1, saleOf(1)))
    for (const count of [1, 2, 2]) ledger.settle(count)
    expect(ledger.losses()).toMatchObject({ lost: 1, doubled: 0, altered: 0 })
    const again = ledger.unseen()
    again.settle(again.answered())
    expect(again.losses().lost).toBe(2)
  })

  it('[CAP5] counts a sale that is there twice', () => {
    const ledger = answeredSales(1)
    for (const seq of [1, 2, 3]) ledger.see(recordOf(seq, saleOf(1)))
    expect(ledger.losses()).toMatchObject({ lost: 0, doubled: 1, altered: 0 })
  })

  it('counts another content, a sale that nobody sold, and a sale that became a conflict', () => {
    const ledger = answeredSales(1)
    ledger.see(recordOf(1, saleOf(1, { operatorId: '8' })))
    ledger.see(recordOf(2, saleOf(9)))
    ledger.see(recordOf(3, saleOf(1), 'conflict'))
    expect(ledger.losses()).toMatchObject({ lost: 0, doubled: 0, altered: 3 })
  })
})
