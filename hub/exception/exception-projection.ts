/** Projection `exceptions`: records that a person must look at. A rebuild keeps what was decided on them. */
import { priceOverrideSchema } from '#sync/contract/price-override.ts'
import { stockDocumentSchema } from '#sync/contract/stock-document.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { receiptDifference } from '#sync/core/receipt.ts'
import { type LogRecord, readRecord, recordIdOfRow } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import { exceptionId, type HubException, type Place, raiseExceptions } from './exception.ts'
import { type ExceptionKind, quarantineKind } from './kinds.ts'
import { heedStoreExceptions } from './store-exceptions.ts'

export const exceptionProjection: Projection = {
  name: 'exceptions',
  tables: { store_exception_record: 'words of stores on their exceptions' },
  settles: ['store:'],
  apply: async (trx, records) => {
    await raiseExceptions(trx, records.flatMap(exceptionsOf))
    await heedStoreExceptions(trx, records)
  },
  reset: async () => undefined,
}

/** What is wrong with a record, in words for its owner. */
export const exceptionsOf = (row: LogRecord): HubException[] => {
  if (row.verdict === 'conflict' && row.kind === 'stock-document') return [about(row, 'DOCUMENT_CONFLICT', documentConflict(row))]
  if (row.verdict === 'conflict' && row.kind === 'price-override') return [about(row, 'DOCUMENT_CONFLICT', overrideConflict(row))]
  if (row.verdict === 'conflict') return [about(row, 'KEY_CONFLICT', row.reason ?? 'same key, other content', transactionIn(row))]
  if (row.verdict === 'quarantined') {
    return [about(row, quarantineKind(row.reason?.split(':', 1)[0]), row.reason ?? 'not understood', transactionIn(row))]
  }
  const read = readRecord(row)
  switch (read.reading) {
    case 'conflict': {
      const message = `The till gave the number of ${read.conflict.firstRecordId} again, with other content. Both are kept; the second counts for nothing yet.`
      return [about(row, 'KEY_CONFLICT', message, read.conflict.transaction)]
    }
    case 'quarantine': {
      const { source, reasons, claimed } = read.quarantine
      return [about(row, quarantineKind(reasons[0]?.code), `${source}: ${reasons.map((r) => r.message).join('; ')}`, undefined, claimed)]
    }
    case 'transaction': {
      const difference = receiptDifference(read.transaction)
      if (!difference) return []
      const { linesMinor, statedMinor, tenderedMinor, grandMinor } = difference
      const message = `The receipt says ${grandMinor}; its lines make ${linesMinor}, net and tax ${statedMinor}, tenders ${tenderedMinor} (${read.transaction.currency}, minor units).`
      return [about(row, 'DOES_NOT_ADD_UP', message, read.transaction)]
    }
    case 'day-close':
    case 'exception':
    case 'stock-document':
    case 'price-override':
    case 'unread':
      return []
    case 'poison':
      return [poisonException(row, read.message)]
  }
}

const documentConflict = ({ payload, reason }: LogRecord): string => {
  const { documentId, documentKind } = stockDocumentSchema.parse(JSON.parse(payload))
  return `The ${documentKind} ${documentId} came a second time with other content. ${bothKept(reason)}`
}

const overrideConflict = ({ payload, reason }: LogRecord): string =>
  `The store's own price ${priceOverrideSchema.parse(JSON.parse(payload)).overrideId} came a second time with other content. ${bothKept(reason)}`

const bothKept = (reason: string | null): string => {
  const first = / is held by (dev-\S+) with other content/.exec(reason ?? '')?.[1]
  return `Both are kept; the first counts${first ? ` (record ${first})` : ''}, this one for nothing.`
}

/** An accepted record that a projection cannot read or the database will not take: stepped over, and shown. */
export const poisonException = (row: LogRecord, message: string): HubException =>
  about(row, 'NOT_COUNTED', `The record is in the log and does not count: ${message}`)

const about = (
  row: LogRecord,
  kind: ExceptionKind,
  message: string,
  transaction?: Transaction,
  place: Place | undefined = transaction,
): HubException => ({
  exceptionId: exceptionId(kind, recordIdOfRow(row)),
  kind,
  storeId: row.store_id,
  naturalKey: row.natural_key ?? undefined,
  recordId: recordIdOfRow(row),
  place,
  message,
  amountMinor: transaction?.totals.grandMinor,
  currency: transaction?.currency,
})

/** The money at stake, where it can be told. */
const transactionIn = (row: LogRecord): Transaction | undefined => {
  if (row.kind !== 'transaction') return undefined
  try {
    return transactionSchema.safeParse(JSON.parse(row.payload)).data
  } catch {
    return undefined
  }
}
