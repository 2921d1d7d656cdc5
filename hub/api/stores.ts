/** Stores and how far behind they are. */
import { storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { enrolmentCodeResponseSchema } from '#sync/contract/enrolment.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import { createEnrolmentCode, createStore } from '../enrolment/enrolment.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { deviceSchema, readDevices } from './devices.ts'

const instant = z.string().nullable()

const storeSchema = z.object({
  storeId: z.string(),
  name: z.string(),
  currency: z.string(),
  timeZone: z.string(),
  devices: z.int(),
  /** The newest hello or batch of any of its devices. */
  lastSeenAt: instant,
  /** Records in the log, all journals of the store together. */
  acknowledgedRecords: z.int(),
  lastBatchAt: instant,
  waitingPostings: z.int(),
  oldestWaitingPostingAt: instant,
  openExceptions: z.int(),
  /** In the journals of its devices and not here, as far as they have told. */
  pendingRecords: z.int(),
})

export const registerStoreRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/stores',
    { schema: { summary: 'All stores with their lag', response: { 200: z.object({ stores: z.array(storeSchema) }) } } },
    async () => ({
      stores: await readStores(db),
    }),
  )

  app.get(
    '/v1/stores/:storeId',
    {
      schema: {
        summary: 'One store, and each of its devices with what it last told of itself',
        params: z.object({ storeId: z.string().max(32) }),
        response: { 200: storeSchema.extend({ deviceList: z.array(deviceSchema) }), 404: errorBodySchema },
      },
    },
    async (request, reply) => {
      const { storeId } = request.params
      const store = (await readStores(db)).find((each) => each.storeId === storeId)
      if (!store) return reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
      return reply.send({ ...store, deviceList: await readDevices(db, storeId) })
    },
  )

  app.post(
    '/v1/stores',
    { schema: { summary: 'Create a store', body: storeSettingsSchema, response: { 201: storeSettingsSchema, 409: errorBodySchema } } },
    async (request, reply) => {
      const outcome = await createStore(db, request.body)
      if (outcome === 'exists') return reply.code(409).send(errorBody('INVALID', `store ${request.body.storeId} exists already`))
      return reply.code(201).send(request.body)
    },
  )

  app.post(
    '/v1/stores/:storeId/enrolment-codes',
    {
      schema: {
        summary: 'A one-time code that enrols one device of this store; shown once',
        params: z.object({ storeId: z.string().max(32) }),
        response: { 201: enrolmentCodeResponseSchema, 404: errorBodySchema },
      },
    },
    async (request, reply) => {
      const made = await createEnrolmentCode(db, request.params.storeId)
      if (made.outcome === 'unknown-store') return reply.code(404).send(errorBody('NOT_FOUND', `no store ${request.params.storeId}`))
      return reply.code(201).send({ code: made.code, expiresAt: made.expiresAt })
    },
  )
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null

const readStores = async (db: Database): Promise<z.infer<typeof storeSchema>[]> => {
  const { rows } = await sql<{
    store_id: string
    name: string
    currency: string
    time_zone: string
    devices: number
    seen: Date | null
    acked: number
    last_batch: Date | null
    waiting: number
    oldest: Date | null
    exceptions: number
  }>`
    select s.store_id, s.name, s.currency, s.time_zone, coalesce(d.devices, 0)::int as devices, greatest(d.seen, d.last_batch) as seen,
      coalesce(d.acked, 0)::bigint as acked, d.last_batch, coalesce(p.waiting, 0)::int as waiting, p.oldest, coalesce(e.open, 0)::int as exceptions
    from store s
    left join (select d.store_id, count(distinct d.device_id) as devices, max(d.last_seen_at) as seen, sum(t.acked_seq) as acked, max(t.last_batch_at) as last_batch
      from device d left join device_stream t using (device_id) group by d.store_id) d using (store_id)
    left join (select store_id, count(*) as waiting, min(created_at) as oldest from posting where state in ('waiting', 'in-doubt') group by store_id) p using (store_id)
    left join (select store_id, count(*) as open from exception where state = 'open' group by store_id) e using (store_id)
    order by s.store_id`.execute(db)
  const pending = await readPending(db)
  return rows.map((row) => ({
    storeId: row.store_id,
    name: row.name,
    currency: row.currency,
    timeZone: row.time_zone,
    devices: row.devices,
    lastSeenAt: iso(row.seen),
    acknowledgedRecords: row.acked,
    lastBatchAt: iso(row.last_batch),
    waitingPostings: row.waiting,
    oldestWaitingPostingAt: iso(row.oldest),
    openExceptions: row.exceptions,
    pendingRecords: pending.get(row.store_id) ?? 0,
  }))
}

const readPending = async (db: Database): Promise<Map<string, number>> => {
  const { rows } = await sql<{ store_id: string; pending: number }>`
    select d.store_id, sum(greatest(0, (r.report::json->'journal'->>'seq')::bigint - coalesce(s.acked_seq, 0)))::bigint as pending
    from device_report r join device d using (device_id) left join device_stream s using (device_id, incarnation) group by d.store_id`.execute(
    db,
  )
  return new Map(rows.map(({ store_id, pending }) => [store_id, pending]))
}
