/**
 * What the hub knows of stores and items, in one statement and one snapshot [AVL14]; times are the database's, in milliseconds. The text is
 * the same whatever is asked, so that a connection plans it once.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import type { Unit } from '#sync/contract/transaction.ts'
import { inTransitTo } from '../stock/transfers.ts'
import type { Tables } from '../storage/tables.ts'
import type { KnownGap } from './missing-records.ts'
import { isHeld, type StockKey } from './promised-stock.ts'
import { velocityDays } from './kept-ledger.ts'

export interface StoreRow {
  store_id: string
  time_zone: string
  /** The store's own. */
  day: string
  /** Of the last `velocityDays`; asked for only where records are missing or on the way. */
  receipts: number | null
  gaps: KnownGap[] | null
}

export interface DeviceRow {
  store_id: string
  word_ms: number | null
  report: string | null
  pending: number | null
  acked_seq: number
  /** When the oldest entry was written that this device's feeds lack. */
  lacking_since_ms: number | null
}

/** `n` is a key's place in what was asked, from 1 on. Where there is nothing to tell of a key, it is left out. */
export interface KnowledgeRows {
  at_ms: number
  /** Changes whenever rules or categories do. */
  rules: string
  stores: StoreRow[]
  devices: DeviceRow[]
  /** Column by column. */
  balances: { n: number[] | null; milli: number[] }
  /** Of keys whose mark is another than was known. */
  ledger: LedgerRow[]
  held: { n: number; milli: number; by_channel: number }[]
  /** Items that are not sold by the piece. */
  measured: { item_id: string; unit: Unit }[]
  transit: { n: number; milli: number }[]
}

export interface LedgerRow {
  n: number
  mark: string
  sold: number
  since_count: number
  count_day: string | null
  counted: number | null
  counted_ms: number | null
}

const ms = (time: RawBuilder<unknown>) => sql`(extract(epoch from ${time}) * 1000)::bigint`
const firstDay = sql`(now() - ${sql.lit(velocityDays - 1)} * interval '1 day')::date`

const gapsOf = sql`(
  select json_agg(g) from (
    select 'numbers' as kind, e.business_day::text as day,
      coalesce(substring(e.exception_id from '-([0-9]{1,15})$')::bigint - substring(e.exception_id from '\\|([0-9]{1,15})-[0-9]+$')::bigint, 0) + 1 as count
    from exception e where e.store_id = s.store_id and e.kind = 'MISSING_NUMBER' and e.state = 'open' and e.business_day is not null
    union all
    select 'day', c.business_day::text, c.count from day_comparison c where c.store_id = s.store_id and c.outcome = 'lacks') g)`

const isDoubted = sql`(g.gaps is not null or exists (
  select from device d join device_report r using (device_id) where d.store_id = s.store_id and d.revoked_at is null
    and (r.pending > 0 or (r.report::json -> 'journal' ->> 'missingRecords')::bigint > 0)))`

const stores = sql`
  select s.store_id, s.time_zone, (now() at time zone s.time_zone)::date::text as day, g.gaps,
    case when ${isDoubted} then (select sum(t.count)::bigint from day_total t
      where t.store_id = s.store_id and t.business_day >= ${firstDay} and t.measure = 'transaction-kind') end as receipts
  from place s cross join lateral (select ${gapsOf} as gaps offset 0) g`

/** Checkpoints stand in the order of writing: the first entry that is lacking has waited longest. */
const lackingSince = sql`(
  select min(e.written_at) from (values ('items', '*'), ('prices', s.store_id)) f(feed, scope) cross join lateral (
    select written_at from feed_entry e where e.feed = f.feed and e.scope = f.scope
      and e.checkpoint > coalesce((r.report::json -> 'feeds' ->> f.feed)::bigint, 0) order by e.checkpoint limit 1) e)`

const devices = sql`
  select s.store_id, ${ms(sql`greatest(d.last_seen_at, r.reported_at, t.last_batch_at)`)} as word_ms, r.report, r.pending,
    coalesce((select acked_seq from device_stream a where a.device_id = r.device_id and a.incarnation = r.incarnation), 0) as acked_seq,
    case when r.report is not null then ${ms(lackingSince)} end as lacking_since_ms
  from place s join device d on d.store_id = s.store_id and d.revoked_at is null
  left join device_report r on r.device_id = d.device_id
  left join lateral (select max(last_batch_at) as last_batch_at from device_stream e where e.device_id = d.device_id) t on true`

/** When the hub took the count in; one that came late is as old as its business day. */
const countedMs = ms(sql`least(
  (select l.received_at from record_log l where l.device_id = c.device_id and l.incarnation = c.incarnation and l.seq = c.seq),
  (c.business_day + 1)::timestamp at time zone s.time_zone)`)

const balances = sql`select json_build_object('n', array_agg(n), 'milli', array_agg(quantity_milli)) from stock`

const ledger = sql`
  select k.n, k.mark, coalesce(v.sold, 0)::bigint as sold, coalesce(v.since_count, 0)::bigint as since_count,
    c.business_day as count_day, c.counted_milli as counted, case when c.business_day is not null then ${countedMs} end as counted_ms
  from stock k join place s using (store_id) left join stock_base c using (store_id, item_id) left join lateral (
    select -sum(m.quantity_milli) as sold, -sum(m.quantity_milli) filter (where m.business_day >= c.business_day) as since_count
    from stock_movement m where m.store_id = k.store_id and m.item_id = k.item_id and m.kind = 'sale' and m.business_day >= ${firstDay}) v on true
  where k.mark <> k.known`

const held = (channel: string | null) => sql`
  select k.n, sum(l.quantity_milli)::bigint as milli, coalesce(sum(l.quantity_milli) filter (where r.channel = ${channel}), 0)::bigint as by_channel
  from key k join reservation_line l using (store_id, item_id) join reservation r using (reservation_id) where ${isHeld} group by 1`

const measured = (itemIds: readonly string[]) => sql`
  select i.item_id, i.unit from item i where i.item_id = any(${itemIds}::text[]) and i.unit <> 'each'`

const transit = (storeIds: readonly string[], itemIds: readonly string[]) => sql`
  select k.n, w.in_transit_milli as milli from ${inTransitTo(storeIds, itemIds)} w join key k using (store_id, item_id)`

const rowsOf = (query: RawBuilder<unknown>) => sql`coalesce((select json_agg(x) from (${query}) x), '[]')`

const place = (storeIds: readonly string[]) =>
  sql`place as materialized (select store_id, time_zone from store where store_id = any(${storeIds}::text[]))`
const ofStores = sql`
  ${ms(sql`now()`)} as at_ms, coalesce((select mark || ' ' || changed_at from availability_rule_mark), '0') as rules,
  ${rowsOf(stores)} as stores, ${rowsOf(devices)} as devices`

export type StoreKnowledgeRows = Pick<KnowledgeRows, 'at_ms' | 'rules' | 'stores' | 'devices'>

export const readStoreRows = async (db: Kysely<Tables>, storeIds: readonly string[]): Promise<StoreKnowledgeRows> => {
  const { rows } = await sql<StoreKnowledgeRows>`/* plan availability-stores */ with ${place(storeIds)} select ${ofStores}`.execute(db)
  return must(rows[0], 'what the hub knows of stores')
}

export interface KnowledgeAsk {
  /** All different. */
  keys: readonly StockKey[]
  /** The mark that is known of each key; empty: none. */
  marks: readonly string[]
  channel: string | null
}

export const readKnowledgeRows = async (db: Kysely<Tables>, { keys, marks, channel }: KnowledgeAsk): Promise<KnowledgeRows> => {
  const [keyStores, keyItems] = [keys.map(({ storeId }) => storeId), keys.map(({ itemId }) => itemId)]
  const [storeIds, itemIds] = [[...new Set(keyStores)], [...new Set(keyItems)]]
  const { rows } = await sql<KnowledgeRows>`/* plan availability */
    with key as materialized (
      select * from unnest(${keyStores}::text[], ${keyItems}::text[], ${marks}::text[]) with ordinality k(store_id, item_id, known, n)),
    ${place(storeIds)},
    stock as materialized (
      select k.*, b.quantity_milli, b.xmin::text || d.day as mark from key k join stock_balance b using (store_id, item_id)
      cross join (select to_char(${firstDay}, ' YYYY-MM-DD') as day offset 0) d)
    select ${ofStores}, (${balances}) as balances, ${rowsOf(ledger)} as ledger,
      ${rowsOf(held(channel))} as held, ${rowsOf(measured(itemIds))} as measured, ${rowsOf(transit(storeIds, itemIds))} as transit`.execute(
    db,
  )
  return must(rows[0], 'what the hub knows')
}
