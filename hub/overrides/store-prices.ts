/**
 * What the stores' feeds have of their own prices: written once, and ended at most once, when somebody decides against one. Apart from the
 * centre's prices, which go on beside them: where one is withdrawn, the centre's is there. The caller holds the catalogue's lock.
 */
import type { Price } from '#sync/contract/catalogue.ts'
import type { PriceOverride } from '#sync/contract/price-override.ts'
import { type CentralPrice, overridePrices, refusedPrice } from '#sync/core/override-prices.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import { priceDocument } from '../catalogue/documents.ts'
import { buryInFeed, writeFeed } from '../catalogue/feed.ts'
import type { Tables } from '../storage/tables.ts'

type Trx = Transaction<Tables>

/** Of an item at a store, as the feed has them. What left it is in force nowhere. */
export const readCentralPrices = async (db: Kysely<Tables>, storeId: string, itemId: string): Promise<CentralPrice[]> => {
  const rows = await db
    .selectFrom('price as p')
    .innerJoin('feed_entry as f', (join) =>
      join
        .onRef('f.scope', '=', 'p.store_id')
        .onRef('f.document_id', '=', 'p.price_id')
        .on('f.feed', '=', 'prices')
        .on('f.deleted', '=', false),
    )
    .selectAll('p')
    .select('f.checkpoint')
    .where('p.store_id', '=', storeId)
    .where('p.item_id', '=', itemId)
    .orderBy('f.checkpoint')
    .execute()
  return rows.map((row) => ({ price: priceDocument(row), checkpoint: row.checkpoint }))
}

const rowOf = (rulingId: string, price: Price) => ({
  ...{ price_id: price.priceId, ruling_id: rulingId, store_id: price.storeId, item_id: price.itemId, amount_minor: price.amountMinor },
  ...{ currency: price.currency, effective_from: new Date(price.effectiveFrom) },
  effective_to: price.effectiveTo === undefined ? null : new Date(price.effectiveTo),
})

export const publishStorePrice = async (
  trx: Trx,
  rulingId: string,
  override: PriceOverride,
  against: readonly CentralPrice[],
): Promise<void> => {
  const prices = overridePrices(override, against)
  await trx
    .insertInto('store_price')
    .values(prices.map((price) => rowOf(rulingId, price)))
    .execute()
  await writeFeed(trx, 'prices', override.storeId, prices)
}

/** It never stood: its name is in the feed, so that the store knows, and it is never in force. */
export const refuseStorePrice = (trx: Trx, override: PriceOverride) => writeFeed(trx, 'prices', override.storeId, [refusedPrice(override)])

/** From now on it is over. What was in force until now stays so in the table. */
export const withdrawStorePrice = async (trx: Trx, rulingId: string, storeId: string): Promise<void> => {
  const { rows } = await sql<{ price_id: string }>`
    update store_price set withdrawn_at = now(), effective_to = greatest(effective_from, date_trunc('milliseconds', clock_timestamp()))
    where ruling_id = ${rulingId} and withdrawn_at is null and coalesce(effective_to > clock_timestamp(), true) returning price_id`.execute(
    trx,
  )
  if (rows.length === 0) return
  const ended = await trx
    .selectFrom('store_price')
    .selectAll()
    .where(
      'price_id',
      'in',
      rows.map((row) => row.price_id),
    )
    .orderBy('price_id')
    .execute()
  await writeFeed(trx, 'prices', storeId, ended.map(priceDocument))
}

/**
 * Those that can never be in force again leave the feed, as the centre's do (catalogue/superseded.ts): they ended, or a central price that
 * begins later holds as long. One that was withdrawn was written twice: a tombstone might miss a store that has its first version.
 */
export const retireStorePrices = async (trx: Trx, storeId: string, nowMs: number, afterMs = 24 * 3_600_000): Promise<number> => {
  const since = new Date(nowMs - afterMs)
  const { rows } = await sql<{ price_id: string }>`
    update store_price s set left_feed_at = now()
    where s.store_id = ${storeId} and s.left_feed_at is null and s.withdrawn_at is null and (s.effective_to <= ${since} or exists (
      select from price p join feed_entry f on f.feed = 'prices' and f.scope = p.store_id and f.document_id = p.price_id and not f.deleted
      where p.store_id = s.store_id and p.item_id = s.item_id and p.effective_from > s.effective_from
        and p.effective_from <= greatest(${since}, s.effective_from) and (p.effective_to is null or coalesce(p.effective_to >= s.effective_to, false))))
    returning price_id`.execute(trx)
  return buryInFeed(trx, 'prices', storeId, rows.map((row) => row.price_id).toSorted())
}
