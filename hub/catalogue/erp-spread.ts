/**
 * The ERP's prices and listings, as the chain's, to every store whose feeds are filled; with the first load to all. The caller holds
 * `lockCatalogue`.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { assortmentDocument, priceDocument } from './documents.ts'
import { writeFeed } from './feed.ts'
import { itemsWithOwnListings, relist } from './relist.ts'
import { clockNow, itemsWithOwnPrices, replanPrices } from './replan.ts'
import { effectiveNow, erpPriceRow, insertPrices, stateErpPrices, upsertAssortment } from './rows.ts'

type Trx = Transaction<Tables>

const storesToTell = async (trx: Trx, isFirstLoad: boolean): Promise<{ store_id: string; currency: string }[]> => {
  const { rows } = await sql<{ store_id: string; currency: string }>`
    select store_id, currency from store s
    where ${isFirstLoad} or exists (select from assortment a where a.store_id = s.store_id) order by store_id`.execute(trx)
  return rows
}

export const spreadErpPrices = async (
  trx: Trx,
  prices: readonly { itemId: string; amountMinor: number; currency: string }[],
  isFirstLoad = false,
): Promise<void> => {
  if (prices.length === 0) return
  const now = await effectiveNow(trx)
  await stateErpPrices(trx, prices, now)
  const itemIds = prices.map(({ itemId }) => itemId)
  // Where the chain's price is the only one, it is the store's; elsewhere what was stated decides.
  const own = await itemsWithOwnPrices(trx, itemIds, now)
  const everywhere = prices.filter(({ itemId }) => !own.has(itemId))
  for (const store of await storesToTell(trx, isFirstLoad)) {
    const rows = everywhere.filter((price) => price.currency === store.currency).map((price) => erpPriceRow(store.store_id, price, now))
    await insertPrices(trx, rows)
    await writeFeed(trx, 'prices', store.store_id, rows.map(priceDocument))
  }
  await replanPrices(trx, [...own], 'all', await clockNow(trx))
}

export const spreadListings = async (
  trx: Trx,
  listings: readonly { itemId: string; listed: boolean }[],
  isFirstLoad = false,
): Promise<void> => {
  if (listings.length === 0) return
  await sql`
    update item i set listed = t.listed from unnest(${listings.map(({ itemId }) => itemId)}::text[], ${listings.map(({ listed }) => listed)}::boolean[]) as t(item_id, listed)
    where i.item_id = t.item_id`.execute(trx)
  const itemIds = listings.map(({ itemId }) => itemId)
  const own = await itemsWithOwnListings(trx, itemIds)
  const everywhere = listings.filter(({ itemId }) => !own.has(itemId))
  for (const store of await storesToTell(trx, isFirstLoad)) {
    const rows = everywhere.map(({ itemId, listed }) => ({ store_id: store.store_id, item_id: itemId, listed }))
    await upsertAssortment(trx, rows)
    await writeFeed(trx, 'assortment', store.store_id, rows.map(assortmentDocument))
  }
  await relist(trx, [...own], 'all')
}
