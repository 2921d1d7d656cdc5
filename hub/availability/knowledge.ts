/**
 * What the hub knows of stores and items, as the formula takes it: from what devices reported, from the log's watermarks, from exceptions,
 * feeds and counts, and from the movements of the last weeks.
 */
import type { Kysely } from 'kysely'
import { reportSchema } from '#sync/contract/report.ts'
import type { StockFigures } from '../stock/available.ts'
import type { ItemKnowledge, StoreKnowledge } from '../stock/confidence.ts'
import type { Tables } from '../storage/tables.ts'
import { grouped } from './grouped.ts'
import {
  type DeviceRow,
  type KnowledgeRows,
  type LedgerRow,
  readStoreRows,
  type StoreKnowledgeRows,
  type StoreRow,
} from './knowledge-query.ts'
import { type MissingRecords, missingOf, missingSince } from './missing-records.ts'
import type { StockKey } from './promised-stock.ts'
import { type LedgerSums, velocityDays } from './kept-ledger.ts'
import type { HeldStock } from './ruled-stock.ts'

/** Reports come every minute or so: a store heard within this time has its line open. */
const connectedWithinMs = 120_000

export interface KnownStore extends Omit<StoreKnowledge, 'missingRecords'> {
  timeZone: string
  /** The store's own. */
  day: string
  missing: MissingRecords[]
  /** Of the last weeks, where it was asked for. */
  receipts: number | null
}

export interface KnownItem {
  held: HeldStock
  store: StoreKnowledge
  item: ItemKnowledge
  count: StockFigures['count']
  inTransitMilli: number
}

export interface Knowledge {
  stores: Map<string, KnownStore>
  /** In the order of the keys; of a store that is not known nothing. */
  items: (KnownItem | undefined)[]
}

/** Of a report that this hub cannot read, the count that was noted beside it still counts. */
const reportOf = (row: DeviceRow) => {
  const read = row.report === null ? null : reportSchema.safeParse(JSON.parse(row.report))
  return read?.success ? read.data : null
}

const knownStore = (row: StoreRow, devices: readonly DeviceRow[], nowMs: number): KnownStore => {
  const words = devices.flatMap(({ word_ms }) => word_ms ?? [])
  // A store is heard as of its quietest device: any of its tills may have sold what it has not told.
  const lastWordMs = words.length === 0 ? null : Math.min(...words)
  const read = devices.map((device) => ({ device, report: reportOf(device) }))
  const reports = read.flatMap(({ device, report }) =>
    report === null ? [] : [{ ...report, records: Math.max(0, report.journal.seq - device.acked_seq) }],
  )
  const unread = read.reduce((sum, { device, report }) => sum + (report === null ? (device.pending ?? 0) : 0), 0)
  const oldest = reports.flatMap(({ records, pending }) =>
    records > 0 && pending.oldestCapturedAt !== undefined ? [Date.parse(pending.oldestCapturedAt)] : [],
  )
  const worst = reports
    .flatMap(({ clock }) => clock ?? [])
    .toSorted((a, b) => b.offsetMs + b.uncertaintyMs - a.offsetMs - a.uncertaintyMs)[0]
  const lost = reports.reduce((sum, { journal }) => sum + journal.missingRecords, 0)
  const perDay = row.receipts === null || row.receipts === 0 ? undefined : row.receipts / velocityDays
  const lacking = devices.flatMap(({ lacking_since_ms }) => lacking_since_ms ?? [])
  return {
    ...{ timeZone: row.time_zone, day: row.day, receipts: row.receipts, lastWordMs },
    isConnected: lastWordMs !== null && nowMs - lastWordMs < connectedWithinMs,
    pending: {
      records: reports.reduce((sum, { records }) => sum + records, unread),
      ...(oldest.length === 0 ? {} : { oldestCapturedMs: Math.min(...oldest) }),
    },
    missing: missingOf(lost, row.gaps ?? [], perDay),
    ...(worst === undefined ? {} : { clock: worst }),
    feedLagMs: lacking.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...lacking)),
  }
}

const knownStores = (rows: StoreKnowledgeRows): Map<string, KnownStore> => {
  const devices = grouped(rows.devices, (device) => device.store_id)
  return new Map(rows.stores.map((row) => [row.store_id, knownStore(row, devices.get(row.store_id) ?? [], rows.at_ms)]))
}

/** Of stores alone. */
export const readStores = async (
  db: Kysely<Tables>,
  storeIds: readonly string[],
): Promise<{ rules: string; stores: Map<string, KnownStore> }> => {
  const rows = await readStoreRows(db, storeIds)
  return { rules: rows.rules, stores: knownStores(rows) }
}

export const sumsOf = ({ mark, sold, since_count, count_day, counted, counted_ms }: LedgerRow): LedgerSums => ({
  ...{ mark, soldMilli: sold, soldSinceCountMilli: since_count },
  ...(count_day === null || counted === null || counted_ms === null ? {} : { count: { day: count_day, milli: counted, atMs: counted_ms } }),
})

const unsold: LedgerSums = { mark: '', soldMilli: 0, soldSinceCountMilli: 0 }

const knownItem = (held: HeldStock, inTransitMilli: number, known: KnownStore, sums: LedgerSums): KnownItem => {
  const { missing, receipts, ...store } = known
  const { soldMilli, soldSinceCountMilli, count } = sums
  return {
    ...{ held, inTransitMilli },
    store: { ...store, missingRecords: missingSince(missing, count?.day) },
    item: {
      velocity: { milliPerHour: Math.round(soldMilli / (velocityDays * 24)) },
      ...(receipts === null || receipts === 0 ? {} : { unitsPerRecordMicro: Math.round((soldMilli * 1_000) / receipts) }),
      lastCountMs: count?.atMs ?? null,
      soldSinceCountMilli,
    },
    count: count && {
      ...{ atMs: count.atMs, businessDay: count.day, countedMilli: count.milli },
      otherSinceMilli: held.onHandMilli - count.milli,
    },
  }
}

const byPlace = <T extends { n: number }>(rows: readonly T[]): Map<number, T> => new Map(rows.map((row) => [row.n, row]))

/** `sums` are the keys' own, in their order. */
export const knowledgeOf = (keys: readonly StockKey[], rows: KnowledgeRows, sums: readonly (LedgerSums | undefined)[]): Knowledge => {
  const stores = knownStores(rows)
  const units = new Map(rows.measured.map((row) => [row.item_id, row.unit]))
  const [reserved, transit] = [byPlace(rows.held), byPlace(rows.transit)]
  const onHand = new Map(rows.balances.n?.map((n, index) => [n, rows.balances.milli[index] ?? 0]))
  const items = keys.map(({ storeId, itemId }, index) => {
    const [store, n] = [stores.get(storeId), index + 1]
    if (store === undefined) return undefined
    const { milli: reservedMilli = 0, by_channel: reservedByChannelMilli = 0 } = reserved.get(n) ?? {}
    const held = { unit: units.get(itemId) ?? 'each', onHandMilli: onHand.get(n) ?? 0, reservedMilli, reservedByChannelMilli }
    return knownItem(held, transit.get(n)?.milli ?? 0, store, (onHand.has(n) ? sums[index] : undefined) ?? unsold)
  })
  return { stores, items }
}
