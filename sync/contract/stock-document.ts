/**
 * What a store says of its stock besides its sales: counts, adjustments, and goods that came or went. A record of its own kind, in the
 * same sequence as the sales: a count counts as of its place there.
 */
import { z } from 'zod'
import { unitSchema } from './transaction.ts'
import { barcodeSchema, businessDaySchema, itemIdSchema, quantityMilliSchema, storeIdSchema, tillTimeSchema } from './vocabulary.ts'

export const stockDocumentKinds = ['count', 'adjustment', 'receipt', 'transfer-out', 'transfer-in'] as const
export type StockDocumentKind = (typeof stockDocumentKinds)[number]

/** One item. Count: what is there. Adjustment: what is added, negative where it is taken away. All others: what came or went, positive. */
export const stockLineSchema = z
  .strictObject({
    lineNumber: z.int().min(1),
    itemId: itemIdSchema.optional(),
    barcode: barcodeSchema.optional(),
    description: z.string().max(200).optional(),
    quantityMilli: quantityMilliSchema,
    unit: unitSchema,
  })
  .refine((line) => line.itemId !== undefined || line.barcode !== undefined, 'a line names its item by itemId or by barcode')
export type StockLine = z.infer<typeof stockLineSchema>

/** `documentId` is the writer's own, unique in the store: the same one with the same content again changes nothing. */
export const stockDocumentSchema = z
  .strictObject({
    documentId: z.string().min(1).max(64),
    documentKind: z.enum(stockDocumentKinds),
    storeId: storeIdSchema,
    businessDay: businessDaySchema,
    /** When it was counted or moved, for people. */
    at: tillTimeSchema,
    operatorId: z.string().max(64).optional(),
    /** A transfer's other store. */
    otherStoreId: storeIdSchema.optional(),
    /** A transfer-in names the `documentId` of the transfer-out that it takes in, where it is known; a further transfer-out names the first. */
    transferId: z.string().min(1).max(64).optional(),
    reason: z.string().min(1).max(200).optional(),
    lines: z.array(stockLineSchema).min(1).max(2_000),
  })
  .refine(
    ({ documentKind, lines }) => documentKind === 'adjustment' || lines.every(({ quantityMilli }) => quantityMilli >= 0),
    'only an adjustment may take away: all other quantities are zero or more',
  )
  .refine(
    ({ documentKind, otherStoreId }) => (documentKind !== 'transfer-out' && documentKind !== 'transfer-in') || otherStoreId !== undefined,
    'a transfer names the other store in otherStoreId',
  )
export type StockDocument = z.infer<typeof stockDocumentSchema>

/** One line of text whatever the id holds, and never a transaction's natural key, which ends in `|day|number`. */
export const stockDocumentKeyOf = ({ storeId, documentId }: { storeId: string; documentId: string }): string =>
  `${storeId}|stock|${JSON.stringify(documentId).slice(1, -1).replaceAll('%', '%25').replaceAll('|', '%7C')}`
