/** What the policies read of a page of one stream: the receipts that count, with what they need of them, and the closes. */
import type { DayCloseStatement } from '#sync/contract/day-close.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { isSettled } from '../stock/movement.ts'
import { type LogRecord, readRecord, transactionsOf } from './log-record.ts'

export interface PolicyReceipt {
  row: LogRecord
  naturalKey: string
  transaction: Transaction
  /** Goods and money changed hands. */
  isSettled: boolean
}

export interface PolicyClose {
  row: LogRecord
  statement: DayCloseStatement
}

export const readReceipt = (row: LogRecord): PolicyReceipt[] => {
  if (row.kind !== 'transaction') return []
  return transactionsOf([row]).map(({ naturalKey, transaction }) => ({
    row,
    naturalKey,
    transaction,
    isSettled: isSettled(transaction.kind),
  }))
}

export const readClose = (row: LogRecord): PolicyClose[] => {
  if (row.kind !== 'day-close') return []
  const read = readRecord(row)
  return read.reading === 'day-close' ? [{ row, statement: read.statement }] : []
}
