/**
 * What the hub knows of stores and items, in one statement and one snapshot [AVL14]; times are the database's, in milliseconds. The text is
 * the same whatever is asked, so that a connection plans it once.
 */
import type { RawBuilder } from 'kysely'
import { type Kysely, sql } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import type { Unit } from '#sync/contract/transaction.ts'
import { inTransitTo } from '../stock/transfers.ts'
import type { Tables } from '../storage/tables.ts'
import type { KnownGap } from './missing-records.ts'
import { isHeld, keyRows, type StockKey } from './promised-stock.ts'

/** Sales of so many days, over all their hours. */
export const velocityDays = 28

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

export interface ItemRow {
  store_id: string
  item_id: string
  unit: Unit | null
  category: string | null
  on_hand: number
  held: number
  held_by_channel: number
  sold: number
  sold_since_count: number
  count_day: string | null
  counted_ms: number | null
  counted: number | null
  in_transit: number
}

export interface KnowledgeRows {
  at_ms: number
  /** Says which version of the rules is in force. */
  rules: string
  stores: StoreRow[]
  devices: DeviceRow[]
  items: ItemRow[]
}

const ms = (time: RawBuilder<unknown>) => sql`(extract(epoch from ${time}) * 1000)::bigint`
const firstDay = sql`(now() - ${sql.lit(velocityDays)} * interval '1 day')::date`

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
      where t.store_id = s.store_id and t.business_day > ${firstDay} and t.measure = 'transaction-kind') end as receipts
  from place s cross join lateral (select ${gapsOf} as gaps) g`

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

const itemsOf = (channel: string | null, storeIds: readonly string[], itemIds: readonly string[]) => sql`
  select k.store_id, k.item_id, i.unit, y.category, coalesce(b.quantity_milli, 0) as on_hand, coalesce(h.held, 0)::bigint as held,
    coalesce(h.by_channel, 0)::bigint as held_by_channel, coalesce(v.sold, 0)::bigint as sold,
    coalesce(v.since_count, 0)::bigint as sold_since_count, c.business_day::text as count_day, c.counted_milli as counted,
    case when c.business_day is not null then ${countedMs} end as counted_ms, coalesce(w.in_transit_milli, 0) as in_transit
  from key k join place s using (store_id)
  left join stock_balance b using (store_id, item_id) left join item i using (item_id) left join item_category y using (item_id)
  left join stock_base c using (store_id, item_id)
  left join ${inTransitTo(storeIds, itemIds)} w using (store_id, item_id)
  left join lateral (
    select sum(l.quantity_milli) as held, sum(l.quantity_milli) filter (where r.channel = ${channel}) as by_channel
    from reservation_line l join reservation r using (reservation_id)
    where l.store_id = k.store_id and l.item_id = k.item_id and ${isHeld}) h on true
  left join lateral (
    select -sum(m.quantity_milli) as sold, -sum(m.quantity_milli) filter (where m.business_day >= c.business_day) as since_count
    from stock_movement m where m.store_id = k.store_id and m.item_id = k.item_id and m.kind = 'sale' and m.business_day > ${firstDay}) v on true`

export const readKnowledgeRows = async (db: Kysely<Tables>, keys: readonly StockKey[], channel: string | null): Promise<KnowledgeRows> => {
  const storeIds = [...new Set(keys.map(({ storeId }) => storeId))]
  const itemIds = [...new Set(keys.map(({ itemId }) => itemId))]
  const { rows } = await sql<KnowledgeRows>`/* plan availability */
    with key as materialized (select store_id, item_id from ${keyRows(keys)}),
    place as materialized (select store_id, time_zone from store where store_id = any(${storeIds}::text[]))
    select ${ms(sql`now()`)} as at_ms,
      coalesce((select version || ' ' || made_at from availability_rule_version order by version desc limit 1), '0') as rules,
      coalesce((select json_agg(x) from (${stores}) x), '[]') as stores, coalesce((select json_agg(x) from (${devices}) x), '[]') as devices,
      coalesce((select json_agg(x) from (${itemsOf(channel, storeIds, itemIds)}) x), '[]') as items`.execute(db)
  return must(rows[0], 'what the hub knows')
}
