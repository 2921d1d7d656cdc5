/**
 * What a record by itself says to be wrong: a receipt that does not add up, a number that came again with other content. No record of its
 * own tells it, and it does not end by itself. The newest ones are held, the others counted.
 */
import { recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import type { OpenException } from '#sync/contract/ipc.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import type { CountedTransaction } from './read-record.ts'
import { conflictMessage, sumsMessage } from './words.ts'

export type DerivedException = OpenException & { seq: number }

export interface DerivedExceptions {
  add(exception: DerivedException): void
  /** Oldest first, the newest ones alone. */
  newest(): readonly DerivedException[]
  readonly count: number
}

const held = 300

export const createDerivedExceptions = (): DerivedExceptions => {
  const newest: DerivedException[] = []
  let count = 0
  return {
    add: (exception) => {
      count += 1
      newest.push(exception)
      if (newest.length >= held * 2) newest.splice(0, newest.length - held)
    },
    newest: () => newest.slice(-held),
    get count() {
      return count
    },
  }
}

/** A transaction's, the first of its number. */
export const sumsException = (transaction: CountedTransaction, record: TidelineRecord): DerivedException | null => {
  const { lineItems, currency } = transaction
  const difference = lineItems && currency !== undefined ? receiptDifference({ ...transaction, lineItems }) : null
  return difference && currency !== undefined
    ? about('DOES_NOT_ADD_UP', transaction, record, [], sumsMessage(transaction, difference, currency))
    : null
}

export const conflictException = (
  transaction: CountedTransaction,
  firstRecordId: string | undefined,
  record: TidelineRecord,
): DerivedException =>
  about('KEY_CONFLICT', transaction, record, firstRecordId === undefined ? [] : [firstRecordId], conflictMessage(transaction))

/** Its id is the one that the hub gives it. */
const about = (
  kind: OpenException['exception']['kind'],
  { workstationId, businessDay, sequenceNumber, totals, currency }: CountedTransaction,
  record: TidelineRecord,
  otherRecordIds: readonly string[],
  message: string,
): DerivedException => ({
  seq: record.seq,
  raisedAt: record.capturedAt,
  exception: {
    ...{ exceptionId: `${kind}:${recordIdOf(record)}`, kind, state: 'open', message },
    ...{ workstationId, businessDay, sequenceNumber },
    ...(currency === undefined ? {} : { amountMinor: totals.grandMinor, currency }),
    recordIds: [recordIdOf(record), ...otherRecordIds],
  },
})
