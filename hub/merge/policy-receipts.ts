/** What the policies read of a page of one stream: the receipts that count, with what they need of them, and the closes. */
import type { DayCloseStatement } from '#sync/contract/day-close.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { isTransaction } from '../intake/compiled-shape.ts'
import { isSettled } from '../stock/movement.ts'
import { type LogRecord, readRecord } from './log-record.ts'

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

/** The compiled check takes a ninth of zod's time; what it does not pass, zod judges. */
export const readReceipt = (row: LogRecord): PolicyReceipt[] => {
  if (row.verdict !== 'accepted' || row.kind !== 'transaction' || row.natural_key === null) return []
  const transaction = quickly(row.payload) ?? slowly(row)
  return transaction ? [{ row, naturalKey: row.natural_key, transaction, isSettled: isSettled(transaction.kind) }] : []
}

const quickly = (payload: string): Transaction | undefined => {
  try {
    const json: unknown = JSON.parse(payload)
    return isTransaction(json) ? json : undefined
  } catch {
    return undefined
  }
}

const slowly = (row: LogRecord): Transaction | undefined => {
  const read = readRecord(row)
  return read.reading === 'transaction' ? read.transaction : undefined
}

export const readClose = (row: LogRecord): PolicyClose[] => {
  if (row.kind !== 'day-close') return []
  const read = readRecord(row)
  return read.reading === 'day-close' ? [{ row, statement: read.statement }] : []
}
