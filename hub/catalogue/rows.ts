/**
 * The catalogue's own tables: what the hub knows, and writing it row by row.
 * Whoever writes the catalogue holds `lockCatalogue` to the end of the transaction, so that a new store and a new item
 * that arrive together do not miss each other.
 */
import type { Item } from '#sync/contract/catalogue.ts'
import { must } from '#sync/contract/assert.ts'
import { type Insertable, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { chunksOf } from '../chunks.ts'
import type { KnownItem } from './comparison.ts'
import { itemDocument } from './documents.ts'
import { readRejected } from './held-store.ts'

type Trx = Transaction<Tables>
export type PriceRow = Omit<Insertable<Tables['price']>, 'created_at' | 'left_feed_at' | 'effective_to'> & { effective_to: Date | null }

export const lockCatalogue = (trx: Trx) => sql`select pg_advisory_xact_lock(hashtextextended('tideline catalogue', 0))`.execute(trx)

/** What the stores have now of the ERP's catalogue. */
export const readKnown = async (trx: Trx): Promise<Map<string, KnownItem>> => {
  const items = await trx.selectFrom('item').selectAll().orderBy('item_id').execute()
  const prices = await sql<{ item_id: string; amount_minor: number; currency: string }>`
    select distinct on (item_id) item_id, amount_minor, currency from stated_price
    where source = 'erp' order by item_id, effective_from desc, price_id desc`.execute(trx)
  const rejected = await readRejected(trx)
  const priceOf = new Map(prices.rows.map((row) => [row.item_id, row]))
  return new Map(
    items.map((row): [string, KnownItem] => [
      row.item_id,
      {
        item: itemDocument(row),
        erpId: row.erp_id,
        amountMinor: priceOf.get(row.item_id)?.amount_minor,
        currency: priceOf.get(row.item_id)?.currency,
        listed: row.listed,
        rejected: rejected.get(row.item_id),
      },
    ]),
  )
}

/** The database's clock, and later than every ERP price so far: a clock set back must not bury a new price under an old one. */
export const effectiveNow = async (trx: Trx): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`
    select greatest(date_trunc('milliseconds', clock_timestamp()),
      (select max(effective_from) + interval '1 millisecond' from stated_price where source = 'erp')) as now`.execute(trx)
  return must(rows[0]?.now, 'the database’s time')
}

export const upsertItems = async (trx: Trx, items: readonly { item: Item; erpId: string }[]): Promise<void> => {
  for (const chunk of chunksOf(items))
    await trx
      .insertInto('item')
      .values(
        chunk.map(({ item, erpId }) => ({
          item_id: item.itemId,
          name: item.name,
          barcodes: [...item.barcodes],
          unit: item.unit,
          tax_code: item.taxCode,
          tax_rate_micro: item.taxRateMicro,
          erp_id: erpId,
        })),
      )
      .onConflict((conflict) =>
        conflict.column('item_id').doUpdateSet((eb) => ({
          name: eb.ref('excluded.name'),
          barcodes: eb.ref('excluded.barcodes'),
          unit: eb.ref('excluded.unit'),
          tax_code: eb.ref('excluded.tax_code'),
          tax_rate_micro: eb.ref('excluded.tax_rate_micro'),
          erp_id: eb.ref('excluded.erp_id'),
          updated_at: sql`now()`,
        })),
      )
      .execute()
}

export const insertPrices = async (trx: Trx, rows: readonly PriceRow[]): Promise<void> => {
  for (const chunk of chunksOf(rows)) await trx.insertInto('price').values(chunk).execute()
}

/** The ERP's prices are the chain's, from now on, until its next. */
export const stateErpPrices = async (
  trx: Trx,
  prices: readonly { itemId: string; amountMinor: number; currency: string }[],
  from: Date,
): Promise<void> => {
  const author = { source: 'erp', stated_by: 'ERP', reason: 'as the ERP has it' }
  for (const chunk of chunksOf(prices))
    await trx
      .insertInto('stated_price')
      .values(
        chunk.map(({ itemId, amountMinor, currency }) => ({
          ...{ price_id: `erp:${itemId}:${from.getTime()}`, version: 1, level: 'chain' as const, place: '', item_id: itemId },
          ...{ amount_minor: amountMinor, currency, effective_from: from, effective_to: null, ...author },
          ...{ ended_at: null, ended_as: null, ended_by: null, ended_reason: null },
        })),
      )
      .execute()
}

export const upsertAssortment = async (trx: Trx, rows: readonly Tables['assortment'][]): Promise<void> => {
  for (const chunk of chunksOf(rows))
    await trx
      .insertInto('assortment')
      .values(chunk)
      .onConflict((conflict) => conflict.columns(['store_id', 'item_id']).doUpdateSet((eb) => ({ listed: eb.ref('excluded.listed') })))
      .execute()
}

/** The ERP's price at one store from `from` on. Unique: `effectiveNow` never gives the same moment twice. */
export const erpPriceRow = (storeId: string, price: { itemId: string; amountMinor: number; currency: string }, from: Date): PriceRow => ({
  price_id: `erp:${price.itemId}:${storeId}:${from.getTime()}`,
  item_id: price.itemId,
  store_id: storeId,
  amount_minor: price.amountMinor,
  currency: price.currency,
  effective_from: from,
  effective_to: null,
  source: 'erp',
})
