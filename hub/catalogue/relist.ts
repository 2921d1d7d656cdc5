/**
 * Makes the stores' assortments what the chain and the entries say now, in the caller's transaction. What is so already costs nothing: it may
 * be asked again at any time. The caller holds `lockCatalogue`.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { assortmentDocument } from './documents.ts'
import { writeFeeds } from './feed.ts'
import { msOf } from './held-prices.ts'
import { type HeldListing, listedAt, type ListingLevel } from './listing.ts'
import { clockNow } from './replan.ts'
import { upsertAssortment } from './rows.ts'

type Trx = Transaction<Tables>

/** `new`: one that has nothing yet. All others only where they were filled. */
export type ListedStores = { storeIds: readonly string[] } | { clusterId: string } | { newStoreId: string } | 'all'

const storesOf = (stores: ListedStores): RawBuilder<boolean> => {
  if (stores !== 'all' && 'newStoreId' in stores) return sql<boolean>`s.store_id = ${stores.newStoreId}`
  const filled = sql`exists (select from assortment f where f.store_id = s.store_id)`
  if (stores === 'all') return sql<boolean>`${filled}`
  if ('storeIds' in stores) return sql<boolean>`s.store_id = any(${[...stores.storeIds]}) and ${filled}`
  return sql<boolean>`exists (select from cluster_store c where c.store_id = s.store_id and c.cluster_id = ${stores.clusterId} and c.left_at is null) and ${filled}`
}

interface ListingRow {
  store_id: string
  item_id: string
  sold: boolean
  listed: boolean | null
  entries: [ListingLevel, number, number | null][] | null
}

/** Returns how many entries of stores changed. */
export const relist = async (trx: Trx, itemIds: readonly string[], stores: ListedStores): Promise<number> => {
  if (itemIds.length === 0) return 0
  const nowMs = (await clockNow(trx)).getTime()
  const { rows } = await sql<ListingRow>`
    select s.store_id, i.item_id, i.listed as sold, a.listed,
      (select json_agg(json_build_array(e.level, ${msOf(sql`e.listed_from`)}, ${msOf(sql`e.listed_to`)}))
       from assortment_entry e where e.item_id = i.item_id and e.withdrawn_at is null
         and case e.level when 'store' then e.place = s.store_id
           else exists (select from cluster_store c where c.cluster_id = e.place and c.store_id = s.store_id and c.left_at is null) end) as entries
    from store s cross join item i left join assortment a on a.store_id = s.store_id and a.item_id = i.item_id
    where i.item_id = any(${[...itemIds]}) and ${storesOf(stores)} order by s.store_id, i.item_id`.execute(trx)
  const changed = rows.flatMap((row) => {
    const held = (row.entries ?? []).map(([level, fromMs, toMs]): HeldListing => ({ level, span: { fromMs, toMs } }))
    const listed = listedAt(row.sold, held, nowMs)
    return listed === row.listed ? [] : [{ store_id: row.store_id, item_id: row.item_id, listed }]
  })
  await upsertAssortment(trx, changed)
  await writeFeeds(
    trx,
    'assortment',
    grouped(changed.map(assortmentDocument), ({ storeId }) => storeId),
  )
  return changed.length
}

/** Items among these that more than the chain decides about, at any store. */
export const itemsWithOwnListings = async (trx: Trx, itemIds: readonly string[]): Promise<Set<string>> => {
  const { rows } = await sql<{ item_id: string }>`
    select distinct item_id from assortment_entry where item_id = any(${[...itemIds]}) and withdrawn_at is null`.execute(trx)
  return new Set(rows.map(({ item_id }) => item_id))
}
