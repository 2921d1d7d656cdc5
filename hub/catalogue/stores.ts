/** A store's way into the catalogue: a new one receives everything that is sold, at the prices in force. */
import { syncSettingsSchema } from '#sync/contract/traffic.ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { assortmentDocument, itemDocument, priceDocument, settingsDocument } from './documents.ts'
import { writeFeed } from './feed.ts'
import { settledSince, supersededSince } from './superseded.ts'
import { clockNow, replanPrices } from './replan.ts'
import { relist } from './relist.ts'
import { lockCatalogue } from './rows.ts'

/** What the chain sells, for a store that has no assortment yet. A currency that is not the store's stays out. */
const fillStore = async (trx: Transaction<Tables>, storeId: string): Promise<void> => {
  const has = await trx.selectFrom('assortment').select('item_id').where('store_id', '=', storeId).limit(1).executeTakeFirst()
  if (has) return
  const sellable = await trx.selectFrom('item').select('item_id').where('erp_id', 'is not', null).orderBy('item_id').execute()
  const itemIds = sellable.map((row) => row.item_id)
  await replanPrices(trx, itemIds, { storeIds: [storeId] }, await clockNow(trx))
  await relist(trx, itemIds, { newStoreId: storeId })
}

/** Everything the hub knows for one store that may still count, put into its feeds. Safe to call again, and from several processes. */
export const publishCatalogueToStore = async (trx: Transaction<Tables>, storeId: string): Promise<void> => {
  await lockCatalogue(trx)
  const store = await trx.selectFrom('store').selectAll().where('store_id', '=', storeId).executeTakeFirst()
  if (!store) return
  await fillStore(trx, storeId)
  const items = await trx.selectFrom('item').selectAll().orderBy('item_id').execute()
  const prices = await trx
    .selectFrom('price as p')
    .selectAll()
    .where('p.store_id', '=', storeId)
    .where('p.left_feed_at', 'is', null)
    .where(sql<boolean>`not ${supersededSince(settledSince)}`)
    .orderBy('p.price_id')
    .execute()
  const listed = await trx.selectFrom('assortment').selectAll().where('store_id', '=', storeId).orderBy('item_id').execute()
  await writeFeed(trx, 'items', '*', items.map(itemDocument))
  await writeFeed(trx, 'prices', storeId, prices.map(priceDocument))
  await writeFeed(trx, 'assortment', storeId, listed.map(assortmentDocument))
  const sync = await trx.selectFrom('sync_settings').select('settings').where('store_id', '=', storeId).executeTakeFirst()
  const syncSettings = sync ? [syncSettingsSchema.parse(JSON.parse(sync.settings))] : []
  await writeFeed(trx, 'settings', storeId, [settingsDocument(store), ...syncSettings])
}

/** Stores whose feeds were never filled. */
export const storesWithoutCatalogue = async (db: Kysely<Tables>): Promise<string[]> => {
  const { rows } = await sql<{ store_id: string }>`
    select store_id from store s
    where not exists (select 1 from feed_entry f where f.feed = 'settings' and f.scope = s.store_id)
      or (exists (select 1 from item where erp_id is not null) and not exists (select 1 from assortment a where a.store_id = s.store_id))
    order by store_id`.execute(db)
  return rows.map((row) => row.store_id)
}

/** Stores that have nothing of a catalogue that has something. */
export const unfilledStores = async (trx: Transaction<Tables>): Promise<string[]> => {
  const { rows } = await sql<{ store_id: string }>`
    select store_id from store s
    where exists (select from item where erp_id is not null) and not exists (select from assortment a where a.store_id = s.store_id)
    order by store_id`.execute(trx)
  return rows.map((row) => row.store_id)
}
