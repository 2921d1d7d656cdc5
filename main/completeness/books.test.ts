import { describe, expect, it } from 'vitest'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { createBooks } from './books.ts'

const recordOf = (seq: number, transaction: Transaction): TidelineRecord =>
  ({ seq, kind: 'transaction', payload: JSON.stringify(transaction), payloadHash: '0'.repeat(64) }) as TidelineRecord
const { businessDay, workstationId } = saleOf(1)

describe('books', () => {
  it('[CMP1] say nothing of a day whose beginning was pruned, and all of the days behind it', () => {
    const books = createBooks()
    const nextDay = '2026-02-01' as typeof businessDay
    for (const [seq, sale] of [saleOf(7), saleOf(9), saleOf(10, { businessDay: nextDay })].entries()) books.fold(recordOf(seq + 5, sale))
    expect([books.isWhole(businessDay), books.isWhole(nextDay)]).toEqual([false, true])
  })
  it('[CMP4] count a key that comes twice once, and fold no record again', () => {
    const books = createBooks()
    for (const seq of [1, 2]) books.fold(recordOf(seq, saleOf(1)))
    books.fold(recordOf(2, saleOf(2)))
    const day = books.days.get(businessDay)?.workstations.get(workstationId)
    expect(day?.totals.kinds.get('sale')).toEqual({ count: 1, amountMinor: 300 })
    expect(books.ledgerOf(businessDay, workstationId)).toMatchObject({ seen: 1 })
  })
  it('[CMP1] step over what they cannot read', () => {
    const books = createBooks()
    expect(books.fold({ ...recordOf(1, saleOf(1)), payload: '{' })).toBeNull()
    expect(books.fold(recordOf(2, saleOf(1)))).toEqual({ businessDay, workstationId })
  })
})
