/** Stock documents and items for tests of the hub's stock. */
import type { Database } from '#hub/storage/database.ts'
import { type StockDocument, stockDocumentSchema } from '#sync/contract/stock-document.ts'
import type { z } from 'zod'

export type DocumentChange = Partial<z.input<typeof stockDocumentSchema>>

/** A count of ten cartons of milk, unless it is changed. What the contract refuses is passed on as it is. */
export const stockDocument = (change: DocumentChange = {}): StockDocument => {
  const document = {
    documentId: 'd1',
    documentKind: 'count',
    storeId: 'S1',
    businessDay: '2026-01-31',
    at: '2026-01-31T20:00:00',
    lines: [{ lineNumber: 1, itemId: 'MILK', quantityMilli: 10_000, unit: 'each' }],
    ...change,
  }
  return stockDocumentSchema.safeParse(document).data ?? (document as unknown as StockDocument)
}

export const addItem = (db: Database, itemId: string, barcodes: string[] = []) =>
  db
    .insertInto('item')
    .values({ item_id: itemId, name: itemId, barcodes, unit: 'each', tax_code: 'A', tax_rate_micro: 70_000, erp_id: null })
    .onConflict((conflict) => conflict.column('item_id').doUpdateSet({ barcodes }))
    .execute()
