/** What of a stream's records moves stock: receipts and stock documents that count, and further places of those that count already. */
import type { StockDocument } from '#sync/contract/stock-document.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import type { Identities, TillLine } from '../identity/resolve.ts'
import { type LogRecord, readRecord } from '../merge/log-record.ts'
import { documentEffects, movesGoods, type StockEffects, stockEffects } from './movement.ts'
import type { StockPlaceRow } from './tables.ts'

/** A transaction or a document. */
export interface StockSource {
  row: LogRecord
  naturalKey: string
  businessDay: string
  /** Empty for a document: it states no money. */
  currency: string
  transaction?: Transaction
  document?: StockDocument
}

export const sourcesOf = (records: readonly LogRecord[]): { sources: StockSource[]; repeated: StockPlaceRow[] } => {
  const repeated = records.flatMap(({ verdict, natural_key, store_id, device_id, incarnation, seq }) =>
    verdict === 'duplicate' && natural_key !== null ? [{ store_id, natural_key, device_id, incarnation, seq }] : [],
  )
  return { sources: records.flatMap(sourceOf), repeated }
}

const sourceOf = (row: LogRecord): StockSource[] => {
  const { natural_key: naturalKey } = row
  const read = readRecord(row)
  if (naturalKey === null) return []
  if (read.reading === 'transaction' && movesGoods(read.transaction)) {
    const { transaction } = read
    return [{ row, naturalKey, businessDay: transaction.businessDay, currency: transaction.currency, transaction }]
  }
  if (read.reading === 'stock-document')
    return [{ row, naturalKey, businessDay: read.document.businessDay, currency: '', document: read.document }]
  return []
}

export const linesOf = ({ row, transaction, document }: StockSource): TillLine[] =>
  [...(transaction?.lineItems ?? []), ...(document?.lines ?? [])].map(({ itemId, barcode, description = '' }) => ({
    storeId: row.store_id,
    itemId,
    barcode,
    description,
  }))

export const effectsOf = ({ transaction, document }: StockSource, identities: Identities): StockEffects => {
  if (transaction) return stockEffects(transaction, identities)
  return document ? documentEffects(document, identities) : { movements: [], waiting: [], flags: [] }
}
