/**
 * Makes the stores' feeds come to what is stated, from now on, in the caller's transaction: one pass for every reason that a price may
 * change. As many statements for one store as for two hundred. The caller holds `lockCatalogue`.
 */
import { must } from '#sync/contract/assert.ts'
import { sql, type Transaction } from 'kysely'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { priceDocument } from './documents.ts'
import { buryInFeeds, writeFeeds } from './feed.ts'
import { type AtStores, readStoreItems, type StoreItem } from './held-prices.ts'
import { type PlannedDocument, planPrices } from './price-plan.ts'
import { insertPrices, type PriceRow } from './rows.ts'

type Trx = Transaction<Tables>

/** The prefix of documents that the hub makes; a price set by anybody has another id. */
export const madePrefix = 'set:'

/** A store's own price that was stated just now keeps its id, if it reaches the store as it was stated. */
const documentId = (place: StoreItem, { of, span }: PlannedDocument, fresh: string | null, index: number): string => {
  const isAsStated = of.span.fromMs === span.fromMs && of.span.toMs === span.toMs && of.beginsMs === span.fromMs
  if (of.level === 'store' && of.priceId === fresh && of.version === 1 && isAsStated) return of.priceId
  return `${madePrefix}${place.itemId}:${place.storeId}:${place.written + index}`
}

const rowOf = (place: StoreItem, planned: PlannedDocument, fresh: string | null, index: number): PriceRow => ({
  price_id: documentId(place, planned, fresh, index),
  ...{ item_id: place.itemId, store_id: place.storeId, amount_minor: planned.of.amountMinor, currency: place.currency },
  effective_from: new Date(planned.span.fromMs),
  effective_to: planned.span.toMs === null ? null : new Date(planned.span.toMs),
  ...(planned.of.level === 'chain'
    ? { source: 'erp' }
    : { source: 'operator', stated_id: planned.of.priceId, stated_version: planned.of.version }),
})

export interface Replanned {
  stores: number
  came: number
  left: number
}

/** `fresh`: the price that was stated in this transaction. */
export const replanPrices = async (
  trx: Trx,
  itemIds: readonly string[],
  stores: AtStores,
  now: Date,
  fresh: string | null = null,
): Promise<Replanned> => {
  if (itemIds.length === 0) return { stores: 0, came: 0, left: 0 }
  const leave: { storeId: string; priceId: string }[] = []
  const come: PriceRow[] = []
  for (const place of await readStoreItems(trx, itemIds, stores, now)) {
    const plan = planPrices(place.held, place.documents, now.getTime())
    leave.push(...plan.leave.map((priceId) => ({ storeId: place.storeId, priceId })))
    come.push(...plan.come.map((planned, index) => rowOf(place, planned, fresh, index)))
  }
  if (leave.length > 0) {
    await sql`update price set left_feed_at = ${now} where price_id = any(${leave.map(({ priceId }) => priceId)})`.execute(trx)
    const left = [...grouped(leave, ({ storeId }) => storeId)]
    await buryInFeeds(trx, 'prices', new Map(left.map(([storeId, gone]) => [storeId, gone.map(({ priceId }) => priceId)])))
  }
  if (come.length > 0) {
    await insertPrices(trx, come)
    await writeFeeds(
      trx,
      'prices',
      grouped(come.map(priceDocument), ({ storeId }) => storeId),
    )
  }
  const touched = new Set([...leave.map(({ storeId }) => storeId), ...come.map((row) => row.store_id)])
  return { stores: touched.size, came: come.length, left: leave.length }
}

/**
 * Items among these at which more than the chain's price holds at any store, or a document of ours is left from when it did: one that
 * brings the chain's price of then back at a later time.
 */
export const itemsWithOwnPrices = async (trx: Trx, itemIds: readonly string[], now: Date): Promise<Set<string>> => {
  const { rows } = await sql<{ item_id: string }>`
    select item_id from stated_price where item_id = any(${[...itemIds]}) and level <> 'chain' and ended_at is null
      and coalesce(effective_to > ${now}, true)
    union select item_id from price where item_id = any(${[...itemIds]}) and left_feed_at is null and starts_with(price_id, ${sql.lit(madePrefix)})`.execute(
    trx,
  )
  return new Set(rows.map(({ item_id }) => item_id))
}

/** The database's clock, asked behind the lock: transactions that follow each other read times that do so too. */
export const clockNow = async (trx: Trx): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`select date_trunc('milliseconds', clock_timestamp()) as now`.execute(trx)
  return must(rows[0]?.now, 'the database’s time')
}
