/**
 * The balance: what the ledger comes to by the rule of counts [STK3], in SQL as in count-rule.ts. Movements are added as they come; where a
 * count, or another place of a record, came, the balances of its items are derived anew. Whoever adds holds the store's lock shared, whoever
 * derives holds it alone: a derivation sees every movement that was added before it.
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import { type ColumnValue, unnested } from '../storage/unnested.ts'
import { ruleOnCounts } from './count-conflicts.ts'
import { containment, isContained } from './containment.ts'
import { baseOf, type Count, type Place } from './count-rule.ts'

type Trx = Transaction<Tables>

/** Before every other lock but the projection's own; of several stores in the order of their names. */
export const lockStock = async (trx: Trx, storeIds: Iterable<string>, how: 'shared' | 'alone'): Promise<void> => {
  const names = [...new Set(storeIds)].sort().map((storeId) => `tideline stock ${storeId}`)
  const lock = sql.raw(how === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared')
  // In one statement, which takes them as they come.
  await sql`select ${lock}(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`.execute(trx)
}

type Moved = Readonly<Record<keyof typeof movementTypes, ColumnValue>>

const movementTypes = {
  ...({
    store_id: 'text',
    natural_key: 'text',
    line_number: 'int',
    item_id: 'text',
    quantity_milli: 'bigint',
    business_day: 'date',
  } as const),
  ...({ kind: 'text', device_id: 'text', incarnation: 'text', seq: 'bigint' } as const),
}

/**
 * Two lines of one receipt may carry the same number: they are added up. A receipt or document that moved stock before moves none. Counts
 * are added and change no balance here. Balances are touched in key order, against deadlocks.
 */
export const addMovements = async (trx: Trx, movements: readonly Moved[], once: 'once' | 'more'): Promise<void> => {
  if (movements.length === 0) return
  const isNew = sql`where not exists (select from taken t where t.store_id = g.store_id and t.natural_key = g.natural_key)`
  const isMore = sql`on conflict (store_id, natural_key, line_number, item_id)
    do update set quantity_milli = stock_movement.quantity_milli + excluded.quantity_milli`
  await sql`
    with given as materialized (
      select store_id, natural_key, line_number, item_id, sum(quantity_milli)::bigint as quantity_milli, min(business_day) as business_day,
        min(kind) as kind, min(device_id) as device_id, min(incarnation) as incarnation, min(seq) as seq
      from ${unnested(movements, movementTypes)}
        as g (store_id, natural_key, line_number, item_id, quantity_milli, business_day, kind, device_id, incarnation, seq) group by 1, 2, 3, 4),
    taken as materialized (
      select r.store_id, r.natural_key from (select distinct store_id, natural_key from given) r
      where exists (select from stock_movement m where m.store_id = r.store_id and m.natural_key = r.natural_key)
        or exists (select from waiting_line w where w.store_id = r.store_id and w.natural_key = r.natural_key)),
    fresh as materialized (select * from given g ${once === 'once' ? isNew : sql``}),
    moved as (
      insert into stock_movement (store_id, natural_key, line_number, item_id, quantity_milli, business_day, kind, device_id, incarnation, seq)
      select * from fresh ${once === 'once' ? sql`` : isMore}),
    counting as (
      select m.store_id, m.item_id, case when ${isContained} then 0 else m.quantity_milli end as quantity_milli
      from fresh m ${containment} where m.kind <> 'count')
    insert into stock_balance (store_id, item_id, quantity_milli)
    select store_id, item_id, sum(quantity_milli)::bigint from counting group by store_id, item_id order by store_id, item_id
    on conflict (store_id, item_id) do update set quantity_milli = stock_balance.quantity_milli + excluded.quantity_milli`.execute(trx)
}

const firstSeqIn = ({ deviceId, incarnation }: Place, places: readonly Place[]): number =>
  Math.min(...places.filter((place) => place.deviceId === deviceId && place.incarnation === incarnation).map(({ seq }) => seq))

interface CountRow {
  item_id: string
  natural_key: string
  counted: number
  business_day: string
  device_id: string
  incarnation: string
  seq: number
  others: { device_id: string; incarnation: string; seq: number }[]
}

/** The counts of the items that these receipts and documents touch. A count's first place is that of the record that counts. */
const readCounts = async (trx: Trx, storeId: string, naturalKeys: readonly string[]): Promise<Map<string, Count[]>> => {
  const { rows } = await sql<CountRow>`
    with item as (select distinct item_id from stock_movement where store_id = ${storeId} and natural_key = any(${naturalKeys}::text[])),
    counted as (
      select m.item_id, m.natural_key, sum(m.quantity_milli)::bigint as counted, min(m.business_day) as business_day, min(m.device_id) as device_id,
        min(m.incarnation) as incarnation, min(m.seq) as seq
      from stock_movement m join item using (item_id) where m.store_id = ${storeId} and m.kind = 'count' group by 1, 2),
    other as (
      select s.natural_key, json_agg(json_build_object('device_id', s.device_id, 'incarnation', s.incarnation, 'seq', s.seq)) as places
      from stock_place s where s.store_id = ${storeId} and s.natural_key in (select natural_key from counted) group by 1)
    select c.*, coalesce(o.places, '[]') as others from counted c left join other o using (natural_key)`.execute(trx)
  return new Map([...grouped(rows, (row) => row.item_id)].map(([itemId, counts]) => [itemId, counts.map(countOf)]))
}

const countOf = ({ natural_key: key, counted: countedMilli, business_day: businessDay, others, ...own }: CountRow): Count => ({
  ...{ key, countedMilli, businessDay },
  places: [own, ...others].map(({ device_id, incarnation, seq }): Place => ({ deviceId: device_id, incarnation, seq })),
})

/** Derives anew the balances of all counted items that these receipts and documents touch. The store's lock is held alone. */
export const settleCounts = async (trx: Trx, storeId: string, naturalKeys: readonly string[]): Promise<void> => {
  if (naturalKeys.length === 0) return
  await ruleOnCounts(trx, storeId, naturalKeys)
  const bases = [...(await readCounts(trx, storeId, naturalKeys))].flatMap(([itemId, counts]) => {
    const base = baseOf(counts)
    const [own] = base?.places ?? []
    if (!base || !own) return []
    const { key: natural_key, countedMilli: counted_milli, businessDay: business_day } = base
    const place = { device_id: own.deviceId, incarnation: own.incarnation, seq: firstSeqIn(own, base.places) }
    return [{ store_id: storeId, item_id: itemId, natural_key, counted_milli, business_day, ...place }]
  })
  if (bases.length === 0) return
  await sql`
    insert into stock_base select * from json_populate_recordset(null::stock_base, ${JSON.stringify(bases)}::json)
    on conflict (store_id, item_id) do update set natural_key = excluded.natural_key, counted_milli = excluded.counted_milli,
      business_day = excluded.business_day, device_id = excluded.device_id, incarnation = excluded.incarnation, seq = excluded.seq`.execute(
    trx,
  )
  const itemIds = bases.map(({ item_id }) => item_id)
  await sql`
    insert into stock_balance (store_id, item_id, quantity_milli)
    select store_id, item_id, quantity_milli from ${derived(sql`store_id = ${storeId} and item_id = any(${itemIds}::text[])`)} d order by 1, 2
    on conflict (store_id, item_id) do update set quantity_milli = excluded.quantity_milli`.execute(trx)
}

/** What the ledger comes to, for the rows that `where` names by store_id and item_id. */
const derived = (where: RawBuilder<unknown>) => sql`(
  select m.store_id, m.item_id, (coalesce(min(b.counted_milli), 0)
    + coalesce(sum(m.quantity_milli) filter (where m.kind <> 'count' and not ${isContained}), 0))::bigint as quantity_milli
  from (select * from stock_movement where ${where}) m ${containment}
  group by m.store_id, m.item_id)`

export interface BalanceFault {
  storeId: string
  itemId: string
  balanceMilli: number | null
  ledgerMilli: number | null
}

/** Balances that are not what their ledger comes to: none, or it is a fault of ours [STK2]. Both commit together, so one look needs no lock. */
export const checkBalances = async (db: Kysely<Tables>, storeId: string): Promise<BalanceFault[]> => {
  const { rows } = await sql<BalanceFault>`
    select coalesce(d.store_id, b.store_id) as "storeId", coalesce(d.item_id, b.item_id) as "itemId", b.quantity_milli as "balanceMilli",
      d.quantity_milli as "ledgerMilli"
    from ${derived(sql`store_id = ${storeId}`)} d full join (select * from stock_balance where store_id = ${storeId}) b using (store_id, item_id)
    where b.quantity_milli is distinct from d.quantity_milli order by 1, 2`.execute(db)
  return rows
}
