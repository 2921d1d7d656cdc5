/**
 * What the hub knows of stores and items, as the formula takes it: from what devices reported, from the log's watermarks and from the
 * movements of the last weeks. One indexed query for the stores, one for the items; times are the database's.
 */
import { type Kysely, sql } from 'kysely'
import { reportSchema } from '#sync/contract/report.ts'
import type { Unit } from '#sync/contract/transaction.ts'
import type { ItemKnowledge, StoreKnowledge } from '../stock/confidence.ts'
import type { StockFigures } from '../stock/available.ts'
import type { Tables } from '../storage/tables.ts'
import { grouped } from './grouped.ts'
import { isHeld, keyRows, keyText, type StockKey } from './promised-stock.ts'

/** Reports come every minute or so: a store heard within this time has its line open. */
const connectedWithinMs = 120_000
/** Sales of so many days, over all their hours. */
const velocityDays = 28

export interface KnownStore extends StoreKnowledge {
  timeZone: string
}

interface DeviceRow {
  store_id: string
  time_zone: string
  at: Date
  word_at: Date | null
  report: string | null
  pending: number | null
  acked_seq: number
}

/** Of a report that this hub cannot read, the count that was noted beside it still counts. */
const reportOf = (row: DeviceRow) => {
  const read = row.report === null ? null : reportSchema.safeParse(JSON.parse(row.report))
  return read?.success ? read.data : null
}

const knownStore = (rows: readonly DeviceRow[], nowMs: number): KnownStore => {
  const words = rows.flatMap(({ word_at }) => (word_at === null ? [] : [word_at.getTime()]))
  const lastWordMs = words.length === 0 ? null : Math.min(...words)
  const reports = rows.flatMap((row) => {
    const report = reportOf(row)
    return report === null ? [] : [{ ...report, records: Math.max(0, report.journal.seq - row.acked_seq) }]
  })
  const unread = rows.filter((row) => reportOf(row) === null).reduce((sum, { pending }) => sum + (pending ?? 0), 0)
  const oldest = reports.flatMap(({ records, pending }) =>
    records > 0 && pending.oldestCapturedAt !== undefined ? [Date.parse(pending.oldestCapturedAt)] : [],
  )
  const clocks = reports.flatMap(({ clock }) => clock ?? [])
  const worst = clocks.toSorted((a, b) => b.offsetMs + b.uncertaintyMs - a.offsetMs - a.uncertaintyMs)[0]
  return {
    timeZone: rows[0]?.time_zone ?? 'UTC',
    lastWordMs,
    isConnected: lastWordMs !== null && nowMs - lastWordMs < connectedWithinMs,
    pending: {
      records: reports.reduce((sum, { records }) => sum + records, unread),
      ...(oldest.length === 0 ? {} : { oldestCapturedMs: Math.min(...oldest) }),
    },
    missingRecords: reports.reduce((sum, { journal }) => sum + journal.missingRecords, 0),
    ...(worst === undefined ? {} : { clock: worst }),
    feedLagMs: 0,
  }
}

/** A store is heard as of its quietest device: any of its tills may have sold what it has not told. */
export const readStores = async (db: Kysely<Tables>, storeIds: readonly string[]): Promise<Map<string, KnownStore>> => {
  const { rows } = await sql<DeviceRow>`
    select s.store_id, s.time_zone, now() as at, greatest(d.last_seen_at, r.reported_at, t.last_batch_at) as word_at, r.report, r.pending,
      coalesce((select acked_seq from device_stream a where a.device_id = r.device_id and a.incarnation = r.incarnation), 0) as acked_seq
    from store s left join device d on d.store_id = s.store_id and d.revoked_at is null
    left join device_report r on r.device_id = d.device_id
    left join lateral (select max(last_batch_at) as last_batch_at from device_stream e where e.device_id = d.device_id) t on true
    where s.store_id = any(${storeIds}::text[])`.execute(db)
  return new Map(
    [...grouped(rows, (row) => row.store_id)].map(([storeId, devices]) => [storeId, knownStore(devices, devices[0]?.at.getTime() ?? 0)]),
  )
}

export interface KnownItem {
  stock: StockFigures
  item: ItemKnowledge
  inTransitMilli: number
}

interface ItemRow {
  store_id: string
  item_id: string
  unit: Unit | null
  on_hand: number
  held: number
  sold: number
}

export const readItems = async (db: Kysely<Tables>, keys: readonly StockKey[]): Promise<Map<string, KnownItem>> => {
  const { rows } = await sql<ItemRow>`
    select k.store_id, k.item_id, i.unit, coalesce(b.quantity_milli, 0) as on_hand, coalesce(h.held, 0)::bigint as held,
      coalesce(v.sold, 0)::bigint as sold
    from ${keyRows(keys)} k left join stock_balance b using (store_id, item_id) left join item i on i.item_id = k.item_id
    left join lateral (select sum(l.quantity_milli) as held from reservation_line l join reservation r using (reservation_id)
      where l.store_id = k.store_id and l.item_id = k.item_id and ${isHeld}) h on true
    left join lateral (select -sum(m.quantity_milli) as sold from stock_movement m where m.store_id = k.store_id and m.item_id = k.item_id
      and m.quantity_milli < 0 and m.kind <> 'return-held' and m.business_day > (now() - ${velocityDays} * interval '1 day')::date) v on true`.execute(
    db,
  )
  return new Map(
    rows.map((row) => [
      keyText({ storeId: row.store_id, itemId: row.item_id }),
      {
        stock: { unit: row.unit ?? 'each', onHandMilli: row.on_hand, reservedMilli: row.held, safetyMilli: 0 },
        item: { velocity: { milliPerHour: Math.round(row.sold / (velocityDays * 24)) }, lastCountMs: null },
        inTransitMilli: 0,
      },
    ]),
  )
}
