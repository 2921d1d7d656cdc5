/** A record as the log holds it, and its payload read again: the database is an edge too. */
import { type ConflictPayload, conflictPayloadSchema, type QuarantinePayload, quarantinePayloadSchema } from '#sync/contract/record.ts'
import { type DayClosePayload, dayClosePayloadSchema, type DayCloseStatement, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import { type PriceOverride, priceOverrideSchema } from '#sync/contract/price-override.ts'
import { type StockDocument, stockDocumentSchema } from '#sync/contract/stock-document.ts'
import { type StoreException, storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import { isTransaction } from '../intake/compiled-shape.ts'
import type { Tables } from '../storage/tables.ts'
import type { Selectable } from 'kysely'

export type LogRecord = Omit<Selectable<Tables['record_log']>, 'received_at'>

export const recordIdOfRow = (row: LogRecord): string => `${row.device_id}:${row.incarnation}:${row.seq}`

/** What a record says. `unread` are those that intake has judged unreadable already; `poison` should not exist. */
export type Reading =
  | { reading: 'transaction'; transaction: Transaction }
  | { reading: 'conflict'; conflict: ConflictPayload }
  | { reading: 'quarantine'; quarantine: QuarantinePayload }
  /** `signed` is what the signature covers, byte for byte. */
  | { reading: 'day-close'; statement: DayCloseStatement; signed: DayClosePayload }
  | { reading: 'exception'; exception: StoreException }
  | { reading: 'stock-document'; document: StockDocument }
  | { reading: 'price-override'; override: PriceOverride }
  | { reading: 'unread' }
  | { reading: 'poison'; message: string }

/** Only accepted records count; a duplicate's or a conflict's transaction is kept in the log and reads as `unread` here. */
export const readRecord = (row: LogRecord): Reading => {
  if (row.verdict !== 'accepted') return { reading: 'unread' }
  if (row.kind === 'transaction') return readTransaction(row.payload)
  try {
    const json = JSON.parse(row.payload) as unknown
    switch (row.kind) {
      case 'conflict':
        return { reading: 'conflict', conflict: conflictPayloadSchema.parse(json) }
      case 'quarantine':
        return { reading: 'quarantine', quarantine: quarantinePayloadSchema.parse(json) }
      case 'day-close':
        return { reading: 'day-close', ...readDayClose(json) }
      case 'exception':
        return { reading: 'exception', exception: storeExceptionSchema.parse(json) }
      case 'stock-document':
        return { reading: 'stock-document', document: stockDocumentSchema.parse(json) }
      case 'price-override':
        return { reading: 'price-override', override: priceOverrideSchema.parse(json) }
      default:
        return { reading: 'poison', message: `a record of kind ${row.kind}, which this hub does not know` }
    }
  } catch (error) {
    return { reading: 'poison', message: error instanceof Error ? error.message : String(error) }
  }
}

/** All projections read the same records soon after each other: of the newest each is parsed once, and changed by nobody. */
const newestReadings = new Map<string, Reading>()
const newestAtMost = 4_000
const longestKept = 20_000

const readTransaction = (payload: string): Reading => {
  const known = newestReadings.get(payload)
  if (known) return known
  const reading = parseTransaction(payload)
  if (payload.length > longestKept) return reading
  const [oldest] = newestReadings.size >= newestAtMost ? newestReadings.keys() : []
  if (oldest !== undefined) newestReadings.delete(oldest)
  newestReadings.set(payload, reading)
  return reading
}

const parseTransaction = (payload: string): Reading => {
  try {
    const json = JSON.parse(payload) as unknown
    return { reading: 'transaction', transaction: isTransaction(json) ? json : transactionSchema.parse(json) }
  } catch (error) {
    return { reading: 'poison', message: error instanceof Error ? error.message : String(error) }
  }
}

const readDayClose = (json: unknown): { statement: DayCloseStatement; signed: DayClosePayload } => {
  const signed = dayClosePayloadSchema.parse(json)
  return { statement: dayCloseStatementSchema.parse(JSON.parse(signed.statement)), signed }
}

/** The transactions among the records that count, with their rows. */
export const transactionsOf = (rows: readonly LogRecord[]): { row: LogRecord; transaction: Transaction; naturalKey: string }[] =>
  rows.flatMap((row) => {
    const read = readRecord(row)
    return read.reading === 'transaction' && row.natural_key !== null
      ? [{ row, transaction: read.transaction, naturalKey: row.natural_key }]
      : []
  })
