/**
 * What the hub knows of stores and items, as the formula takes it: from what devices reported, from the log's watermarks, from exceptions,
 * feeds and counts, and from the movements of the last weeks.
 */
import { reportSchema } from '#sync/contract/report.ts'
import type { StockFigures } from '../stock/available.ts'
import type { ItemKnowledge, StoreKnowledge } from '../stock/confidence.ts'
import { grouped } from './grouped.ts'
import { type DeviceRow, type ItemRow, type KnowledgeRows, type StoreRow, velocityDays } from './knowledge-query.ts'
import { type MissingRecords, missingOf, missingSince } from './missing-records.ts'
import { keyText } from './promised-stock.ts'
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
  category: string | undefined
  store: StoreKnowledge
  item: ItemKnowledge
  count: StockFigures['count']
  inTransitMilli: number
}

export interface Knowledge {
  atMs: number
  rules: string
  stores: Map<string, KnownStore>
  /** By `keyText`. */
  items: Map<string, KnownItem>
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

const knownItem = (row: ItemRow, { missing, receipts, ...store }: KnownStore): KnownItem => {
  const onHandMilli = row.on_hand
  const counted = row.counted === null || row.counted_ms === null ? null : { milli: row.counted, atMs: row.counted_ms }
  return {
    held: { unit: row.unit ?? 'each', onHandMilli, reservedMilli: row.held, reservedByChannelMilli: row.held_by_channel },
    category: row.category ?? undefined,
    store: { ...store, missingRecords: missingSince(missing, row.count_day ?? undefined) },
    item: {
      velocity: { milliPerHour: Math.round(row.sold / (velocityDays * 24)) },
      ...(receipts === null || receipts === 0 ? {} : { unitsPerRecordMicro: Math.round((row.sold * 1_000) / receipts) }),
      lastCountMs: counted?.atMs ?? null,
      soldSinceCountMilli: row.sold_since_count,
    },
    count: counted === null ? undefined : { atMs: counted.atMs, countedMilli: counted.milli, otherSinceMilli: onHandMilli - counted.milli },
    inTransitMilli: row.in_transit,
  }
}

/** Items of stores that are not known are left out. */
export const knowledgeOf = ({ at_ms: atMs, rules, ...rows }: KnowledgeRows): Knowledge => {
  const devices = grouped(rows.devices, (device) => device.store_id)
  const stores = new Map(rows.stores.map((row) => [row.store_id, knownStore(row, devices.get(row.store_id) ?? [], atMs)]))
  const items = rows.items.flatMap((row) => {
    const store = stores.get(row.store_id)
    return store === undefined ? [] : [[keyText({ storeId: row.store_id, itemId: row.item_id }), knownItem(row, store)] as const]
  })
  return { atMs, rules, stores, items: new Map(items) }
}
