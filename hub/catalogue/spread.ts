/**
 * Who has what of a feed: where each store said it stands, against what the hub has written. A store has a document when the position in
 * its newest report is at or behind the document's; that it pulled since is not known here, so the answer errs on the side of "not yet".
 *
 * An item is fast-moving at a store that sold it on five of the last seven business days with sales.
 */
import type { FeedName } from '#sync/contract/feed.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { spreadWords, type StoreSpread } from './spread-words.ts'

const busyDays = { of: 7, sold: 5 }

export interface Spread {
  feed: FeedName
  words: string
  /** Those that lack most come first. */
  stores: StoreSpread[]
}

/** One position a store: of the device that reported last. */
const positions = (feed: FeedName) => sql`
  select distinct on (s.store_id) s.store_id, r.reported_at, (r.report::json -> 'feeds' ->> ${feed})::bigint as checkpoint,
    case when ${feed} = 'items' then '*' else s.store_id end as scope
  from store s
  left join device d on d.store_id = s.store_id and d.revoked_at is null
  left join device_report r using (device_id)
  order by s.store_id, r.reported_at desc nulls last`

const itemOf = sql`case e.feed when 'items' then e.document_id when 'assortment' then e.document_id
  when 'prices' then e.document::json ->> 'itemId' end`

const isDue = sql`(e.feed <> 'prices' or (e.document::json ->> 'effectiveFrom')::timestamptz <= now())`

interface SpreadRow {
  store_id: string
  checkpoint: number | null
  reported_at: Date | null
  head: number
  missing: number
  due: number
  fast: number
  since: Date | null
}

const storeOf = (row: SpreadRow): StoreSpread => ({
  ...{ storeId: row.store_id, checkpoint: row.checkpoint, head: row.head, missing: row.missing, due: row.due, fastMoving: row.fast },
  since: row.since?.toISOString() ?? null,
  reportedAt: row.reported_at?.toISOString() ?? null,
})

/** Of one document at the stores whose feed has it, or else of all that the feed holds. What was taken out of a feed is not counted. */
export const readSpread = async (db: Kysely<Tables>, feed: FeedName, documentId?: string): Promise<Spread> => {
  const { rows } = await sql<SpreadRow>`
    with position as materialized (${positions(feed)}),
    missing as materialized (
      select p.store_id, e.written_at, ${itemOf} as item_id, ${isDue} as is_due
      from position p join feed_entry e on e.feed = ${feed} and e.scope = p.scope and e.checkpoint > coalesce(p.checkpoint, 0)
      where not e.deleted and (${documentId ?? null}::text is null or e.document_id = ${documentId ?? null})),
    newest as materialized (
      select store_id, business_day from (
        select store_id, business_day, row_number() over (partition by store_id order by business_day desc) as n
        from (select distinct store_id, business_day from stock_movement where kind = 'sale' and store_id in (select store_id from missing)) days) numbered
      where n <= ${busyDays.of}),
    fast as materialized (
      select m.store_id, m.item_id from stock_movement m join newest using (store_id, business_day)
      where m.kind = 'sale' and (m.store_id, m.item_id) in (select store_id, item_id from missing)
      group by 1, 2 having count(distinct m.business_day) >= ${busyDays.sold})
    select p.store_id, p.checkpoint, p.reported_at, coalesce(h.checkpoint, 0) as head,
      count(m.store_id)::int as missing, count(*) filter (where m.is_due)::int as due, min(m.written_at) as since,
      count(*) filter (where (m.store_id, m.item_id) in (select store_id, item_id from fast))::int as fast
    from position p
    left join feed_head h on h.feed = ${feed} and h.scope = p.scope
    left join missing m using (store_id)
    where ${documentId ?? null}::text is null
      or exists (select from feed_entry e where e.feed = ${feed} and e.scope = p.scope and e.document_id = ${documentId ?? null})
    group by p.store_id, p.checkpoint, p.reported_at, h.checkpoint
    order by missing desc, p.store_id`.execute(db)
  const stores = rows.map(storeOf)
  return { feed, words: spreadWords(feed, stores), stores }
}
