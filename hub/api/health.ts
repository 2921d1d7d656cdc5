/** For machines: alive, ready to serve, and figures. */
import { healthSchema } from '#sync/contract/health.ts'
import { sql } from 'kysely'
import { readFleetFigures } from '../fleet/fleet-gauges.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { isMigrated } from '../storage/migrate.ts'
import type { HubApp } from './app.ts'

export const registerHealthRoutes = (app: HubApp, { db, metrics }: { db: Database; metrics: HubMetrics }): void => {
  app.get('/healthz', { schema: { security: [], response: { 200: healthSchema } } }, () => ({ status: 'ok' as const }))

  app.get('/readyz', { schema: { security: [], response: { 200: healthSchema, 503: healthSchema } } }, async (_request, reply) => {
    const reason = await unreadyReason(db)
    return reason === null ? { status: 'ok' as const } : reply.code(503).send({ status: 'unavailable', reason })
  })

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    await readGauges(db, metrics).catch(() => undefined)
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}

const unreadyReason = async (db: Database): Promise<string | null> => {
  try {
    return (await isMigrated(db)) ? null : 'the database schema is not at this version'
  } catch {
    return 'the database does not answer'
  }
}

/** Gauges that are facts of the database are read when asked for. */
const readGauges = async (db: Database, metrics: HubMetrics): Promise<void> => {
  const postings = await sql<{ state: string; count: number }>`select state, count(*)::int as count from posting group by state`.execute(db)
  metrics.postings.reset()
  for (const { state, count } of postings.rows) metrics.postings.set({ state }, count)
  const lags = await sql<{ projection: string; lag: number }>`
    select n.projection, sum(s.acked_seq - coalesce(p.seq, 0))::bigint as lag
    from (select distinct projection from projection_position where not starts_with(projection, 'rebuild:')) n cross join device_stream s
    left join projection_position p on p.projection = n.projection and p.device_id = s.device_id and p.incarnation = s.incarnation
    group by n.projection`.execute(db)
  for (const { projection, lag } of lags.rows) metrics.mergeLag.set({ projection }, lag)
  const fleet = await readFleetFigures(db)
  metrics.pendingRecords.set(fleet.pendingRecords)
  metrics.oldestPendingSeconds.set(fleet.oldestPendingSeconds)
  metrics.silentStores.set(fleet.silentStores)
}
