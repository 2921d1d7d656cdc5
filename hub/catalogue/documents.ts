/** From catalogue rows to the documents that feeds carry. */
import {
  type AssortmentEntry,
  assortmentEntrySchema,
  type Item,
  itemSchema,
  type Price,
  priceSchema,
  type StoreSettings,
  storeSettingsSchema,
} from '#sync/contract/catalogue.ts'
import type { Selectable } from 'kysely'
import type { Tables } from '../storage/tables.ts'

export const itemDocument = (
  row: Pick<Selectable<Tables['item']>, 'item_id' | 'name' | 'barcodes' | 'unit' | 'tax_code' | 'tax_rate_micro'>,
): Item =>
  itemSchema.parse({
    itemId: row.item_id,
    name: row.name,
    barcodes: row.barcodes,
    unit: row.unit,
    taxCode: row.tax_code,
    taxRateMicro: row.tax_rate_micro,
  })

type PriceColumns = Pick<
  Selectable<Tables['price']>,
  'price_id' | 'item_id' | 'store_id' | 'amount_minor' | 'currency' | 'effective_from' | 'effective_to'
>

export const priceDocument = (row: PriceColumns): Price =>
  priceSchema.parse({
    priceId: row.price_id,
    itemId: row.item_id,
    storeId: row.store_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
    effectiveFrom: row.effective_from.toISOString(),
    ...(row.effective_to === null ? {} : { effectiveTo: row.effective_to.toISOString() }),
  })

export const settingsDocument = (row: Pick<Selectable<Tables['store']>, 'store_id' | 'name' | 'currency' | 'time_zone'>): StoreSettings =>
  storeSettingsSchema.parse({ storeId: row.store_id, name: row.name, currency: row.currency, timeZone: row.time_zone })

export const assortmentDocument = (row: Tables['assortment']): AssortmentEntry =>
  assortmentEntrySchema.parse({ storeId: row.store_id, itemId: row.item_id, listed: row.listed })
