/** What was stated for items at stores, and the documents that their feeds hold, as the pure functions read them: in one query. */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Price } from '#sync/contract/catalogue.ts'
import type { Tables } from '../storage/tables.ts'
import { priceDocument } from './documents.ts'
import type { StoreDocument } from './price-plan.ts'
import type { HeldPrice, PriceLevel } from './stated-price.ts'

/** Whose prices are looked at. */
export type AtStores = { storeIds: readonly string[] } | { zoneId: string } | 'all'

export interface StoreItem {
  storeId: string
  itemId: string
  currency: string
  held: HeldPrice[]
  documents: StoreDocument[]
  /** Documents that this item ever had at this store. */
  written: number
}

export const msOf = (column: RawBuilder<unknown>): RawBuilder<number> => sql<number>`(extract(epoch from ${column}) * 1000)::bigint`

const isKnown = (asOf: RawBuilder<Date> | undefined): RawBuilder<boolean> =>
  asOf ? sql<boolean>`p.stated_at <= ${asOf} and coalesce(p.ended_at > ${asOf}, true)` : sql<boolean>`p.ended_at is null`

type HeldRow = [string, number, PriceLevel, number, number, number, number | null]

/**
 * JSON of what holds from `since` on: the chain's, a store's own, and a zone's while the store is in it. Of the chain's prices without end
 * only the newest that has begun can still count.
 */
export const heldJson = (at: {
  storeId: RawBuilder<unknown>
  itemId: RawBuilder<unknown>
  currency: RawBuilder<unknown>
  since: RawBuilder<Date>
  /** As it was known then; absent: as it is now. */
  asOf?: RawBuilder<Date>
}) => sql<string>`(
  select json_agg(json_build_array(p.price_id, p.version, p.level, p.amount_minor, ${msOf(sql`p.effective_from`)},
    ${msOf(sql`greatest(p.effective_from, m.joins_at)`)}, ${msOf(sql`least(p.effective_to, m.leaves_at)`)}) order by p.price_id)
  from stated_price p
  left join price_zone_member m on p.level = 'zone' and m.zone_id = p.place and m.store_id = ${at.storeId} and m.voided_at is null
  where p.item_id = ${at.itemId} and p.currency = ${at.currency} and ${isKnown(at.asOf)}
    and case p.level when 'chain' then true when 'store' then p.place = ${at.storeId} else m.member_id is not null end
    and coalesce(least(p.effective_to, m.leaves_at) > ${at.since}, true)
    and coalesce(greatest(p.effective_from, m.joins_at) < least(p.effective_to, m.leaves_at), true)
    and not (p.level = 'chain' and exists (select from stated_price q where q.item_id = p.item_id and q.level = 'chain' and q.currency = p.currency
      and q.ended_at is null and q.effective_to is null and q.effective_from > p.effective_from and q.effective_from <= ${at.since})))`

const heldPrice = ([priceId, version, level, amountMinor, beginsMs, fromMs, toMs]: HeldRow): HeldPrice => ({
  ...{ priceId, version, level, amountMinor, beginsMs },
  span: { fromMs, toMs },
})

export const readHeld = (rows: unknown): HeldPrice[] => ((rows ?? []) as HeldRow[]).map(heldPrice)

interface DocumentRow {
  price_id: string
  amount_minor: number
  effective_from: number
  effective_to: number | null
  stated_id: string | null
  stated_version: number | null
}

const documentOf = (place: { storeId: string; itemId: string; currency: string }, row: DocumentRow): StoreDocument => {
  const price: Price = priceDocument({
    ...{ price_id: row.price_id, item_id: place.itemId, store_id: place.storeId, amount_minor: row.amount_minor, currency: place.currency },
    effective_from: new Date(row.effective_from),
    effective_to: row.effective_to === null ? null : new Date(row.effective_to),
  })
  const madeOf = row.stated_id === null ? null : { priceId: row.stated_id, version: row.stated_version ?? 1 }
  return { price, madeOf }
}

const storesOf = (stores: AtStores): RawBuilder<boolean> => {
  if (stores === 'all') return sql<boolean>`true`
  if ('storeIds' in stores) return sql<boolean>`s.store_id = any(${[...stores.storeIds]})`
  return sql<boolean>`exists (select from price_zone_member m where m.store_id = s.store_id and m.zone_id = ${stores.zoneId} and m.voided_at is null)`
}

export const readStoreItems = async (
  db: Kysely<Tables>,
  itemIds: readonly string[],
  stores: AtStores,
  since: Date,
): Promise<StoreItem[]> => {
  const at = { storeId: sql`s.store_id`, itemId: sql`i.item_id`, currency: sql`s.currency`, since: sql<Date>`${since}::timestamptz` }
  const { rows } = await sql<{
    store_id: string
    item_id: string
    currency: string
    held: unknown
    documents: DocumentRow[] | null
    written: number
  }>`
    select s.store_id, i.item_id, s.currency, ${heldJson(at)} as held,
      (select json_agg(json_build_object('price_id', d.price_id, 'amount_minor', d.amount_minor, 'effective_from', ${msOf(sql`d.effective_from`)},
         'effective_to', ${msOf(sql`d.effective_to`)}, 'stated_id', d.stated_id, 'stated_version', d.stated_version))
       from price d where d.store_id = s.store_id and d.item_id = i.item_id and d.left_feed_at is null
         and coalesce(d.effective_to > ${at.since}, true)) as documents,
      (select count(*)::int from price d where d.store_id = s.store_id and d.item_id = i.item_id) as written
    from store s cross join unnest(${[...itemIds]}::text[]) as i(item_id)
    where ${storesOf(stores)} order by s.store_id, i.item_id`.execute(db)
  return rows.map(({ store_id: storeId, item_id: itemId, currency, held, documents, written }) => ({
    ...{ storeId, itemId, currency, written },
    held: readHeld(held),
    documents: (documents ?? []).map((row) => documentOf({ storeId, itemId, currency }, row)),
  }))
}
