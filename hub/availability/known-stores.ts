/**
 * What the hub knows of stores, as the formula takes it: from what devices reported, from the log's watermarks, from exceptions,
 * comparisons and feeds.
 */
import type { Kysely } from 'kysely'
import { reportSchema } from '#sync/contract/report.ts'
import type { StoreKnowledge } from '../stock/confidence.ts'
import type { Tables } from '../storage/tables.ts'
import { grouped } from '../grouped.ts'
import { velocityDays } from './kept-ledger.ts'
import { type DeviceRow, readStoreRows, type StoreKnowledgeRows, type StoreRow } from './knowledge-query.ts'
import { type MissingRecords, missingOf } from './missing-records.ts'

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

export const knownStores = (rows: StoreKnowledgeRows): Map<string, KnownStore> => {
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
