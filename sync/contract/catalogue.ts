/** What comes down to a store: items, prices, assortment entries, settings, and what became of its transactions. */
import { z } from 'zod'
import { unitSchema } from './transaction.ts'
import { amountMinorSchema, barcodeSchema, currencySchema, instantSchema, itemIdSchema, storeIdSchema } from './vocabulary.ts'

export const itemSchema = z.strictObject({
  itemId: itemIdSchema,
  name: z.string().min(1).max(200),
  barcodes: z.array(barcodeSchema).max(50),
  unit: unitSchema,
  taxCode: z.string().max(32),
  taxRateMicro: z.int().min(0).max(10_000_000),
})
export type Item = z.infer<typeof itemSchema>

/** A price of one unit at one store, tax included, in force from `effectiveFrom` until a later one supersedes it or `effectiveTo`. */
export const priceSchema = z.strictObject({
  priceId: z.string().min(1).max(128),
  itemId: itemIdSchema,
  storeId: storeIdSchema,
  amountMinor: amountMinorSchema.min(0),
  currency: currencySchema,
  effectiveFrom: instantSchema,
  effectiveTo: instantSchema.optional(),
})
export type Price = z.infer<typeof priceSchema>

export const assortmentEntrySchema = z.strictObject({
  storeId: storeIdSchema,
  itemId: itemIdSchema,
  listed: z.boolean(),
})
export type AssortmentEntry = z.infer<typeof assortmentEntrySchema>

/** Set by the hub for one store; the agent keeps the last known one offline. */
export const storeSettingsSchema = z.strictObject({
  storeId: storeIdSchema,
  name: z.string().max(200),
  currency: currencySchema,
  timeZone: z.string().max(64),
})
export type StoreSettings = z.infer<typeof storeSettingsSchema>

/** What became of one transaction behind the hub. */
export const postingStateSchema = z.strictObject({
  naturalKey: z.string().max(200),
  state: z.enum(['posted', 'held']),
  erpReference: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
})
export type PostingState = z.infer<typeof postingStateSchema>
