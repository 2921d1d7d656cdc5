/**
 * How each device fares: what it last told of itself, beside what the hub knows by now. What it has that the hub does not is its
 * journal's end minus the watermark of the same life, as it is now and not as it was when it reported.
 */
import { feedNames } from '#sync/contract/feed.ts'
import { type Report, reportSchema } from '#sync/contract/report.ts'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { feedScope } from '../catalogue/feed.ts'
import type { Tables } from '../storage/tables.ts'

const feedLagSchema = z.object({
  feed: z.string(),
  /** Where the store stands, and where the hub's feed does. */
  checkpoint: z.int(),
  head: z.int(),
  behind: z.int(),
})

export const deviceStateSchema = z.object({
  reportedAt: z.string(),
  agentVersion: z.string(),
  platform: z.string().nullable(),
  /** In the store's journal, and not at the hub. */
  pendingRecords: z.int(),
  /** How long the oldest of them has waited, by the hub's clock; null when nothing waits, or it was not told. */
  oldestPendingSeconds: z.int().nullable(),
  journal: reportSchema.shape.journal,
  disk: reportSchema.shape.disk,
  openExceptions: z.int(),
  quarantined: z.int(),
  parkedDocuments: z.int(),
  feeds: z.array(feedLagSchema),
  traffic: reportSchema.shape.traffic,
  clock: z.object({ offsetMs: z.int(), uncertaintyMs: z.int() }).nullable(),
  lastRefusal: z.object({ code: z.string(), at: z.string() }).nullable(),
  uptimeSeconds: z.int(),
})
export type DeviceState = z.infer<typeof deviceStateSchema>

interface StateRow {
  device_id: string
  store_id: string
  incarnation: string
  reported_at: Date
  seconds_ago: number
  report: string
  acked_seq: number
}

/** By device; a device that never reported is not among them. `storeId` leaves other stores out. */
export const readDeviceStates = async (db: Kysely<Tables>, storeId?: string): Promise<Map<string, DeviceState>> => {
  const { rows } = await sql<StateRow>`
    select r.device_id, d.store_id, r.incarnation, r.reported_at, extract(epoch from now() - r.reported_at)::bigint as seconds_ago, r.report,
      coalesce(s.acked_seq, 0) as acked_seq
    from device_report r join device d using (device_id) left join device_stream s using (device_id, incarnation)
    where ${storeId ?? null}::text is null or d.store_id = ${storeId ?? null}`.execute(db)
  const heads = await readHeads(db, storeId)
  return new Map(
    rows.flatMap((row) => {
      // A row of a newer hub beside this one may say more than is known here; then it is as if it had not reported.
      const report = reportSchema.safeParse(JSON.parse(row.report))
      return report.success ? [[row.device_id, stateOf(row, report.data, heads)] as const] : []
    }),
  )
}

const stateOf = (row: StateRow, report: Report, heads: ReadonlyMap<string, number>): DeviceState => {
  const pendingRecords = Math.max(0, report.journal.seq - row.acked_seq)
  return {
    reportedAt: row.reported_at.toISOString(),
    agentVersion: report.agentVersion,
    platform: report.platform ?? null,
    pendingRecords,
    oldestPendingSeconds: pendingRecords === 0 ? null : oldestSeconds(row, report),
    journal: report.journal,
    disk: report.disk,
    openExceptions: report.openExceptions,
    quarantined: report.quarantined,
    parkedDocuments: report.parkedDocuments,
    feeds: feedNames.map((feed) => {
      const checkpoint = report.feeds[feed] ?? 0
      const head = heads.get(`${feed} ${feedScope(feed, row.store_id)}`) ?? 0
      return { feed, checkpoint, head, behind: Math.max(0, head - checkpoint) }
    }),
    traffic: report.traffic,
    clock: report.clock ?? null,
    lastRefusal: report.lastRefusal ?? null,
    uptimeSeconds: report.uptimeSeconds,
  }
}

/** The store's clock said when; its offset is taken off again. */
const oldestSeconds = ({ reported_at, seconds_ago }: StateRow, { pending, clock }: Report): number | null => {
  if (pending.oldestCapturedAt === undefined) return null
  const capturedAtMs = Date.parse(pending.oldestCapturedAt) - (clock?.offsetMs ?? 0)
  return Math.max(0, Math.round((reported_at.getTime() - capturedAtMs) / 1_000) + seconds_ago)
}

const readHeads = async (db: Kysely<Tables>, storeId: string | undefined): Promise<Map<string, number>> => {
  let select = db.selectFrom('feed_head').selectAll()
  if (storeId !== undefined) select = select.where('scope', 'in', ['*', storeId])
  return new Map((await select.execute()).map(({ feed, scope, checkpoint }) => [`${feed} ${scope}`, checkpoint]))
}
