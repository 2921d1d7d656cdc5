/** Devices: enrol with a one-time code (open to the store's network), list with what each last told of itself, revoke. */
import { enrolmentRequestSchema, enrolmentResponseSchema } from '#sync/contract/enrolment.ts'
import { z } from 'zod'
import { enrolDevice, revokeDevice } from '../enrolment/enrolment.ts'
import { deviceStateSchema, readDeviceStates } from '../fleet/device-state.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

export const deviceSchema = z.object({
  deviceId: z.string(),
  storeId: z.string(),
  hostName: z.string(),
  agentVersion: z.string().nullable(),
  enrolledAt: z.string(),
  revokedAt: z.string().nullable(),
  lastSeenAt: z.string().nullable(),
  /** The newest hello, batch or report. */
  lastHeardAt: z.string().nullable(),
  /** Null for an agent that has not reported yet, or is too old to. */
  report: deviceStateSchema.nullable(),
  journals: z.array(z.object({ incarnation: z.string(), ackedSeq: z.int(), lastBatchAt: z.string().nullable() })),
})

export const registerDeviceRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.post(
    '/v1/enrolments',
    {
      schema: {
        summary: 'Redeem an enrolment code',
        security: [],
        body: enrolmentRequestSchema,
        response: { 201: enrolmentResponseSchema, 403: errorBodySchema, 422: errorBodySchema },
      },
    },
    async (request, reply) => {
      const result = await enrolDevice(db, request.body)
      if (result.outcome === 'bad-code')
        return reply.code(403).send(errorBody('BAD_ENROLMENT_CODE', 'the code is wrong, used, or expired: ask for a new one'))
      if (result.outcome === 'bad-key') return reply.code(422).send(errorBody('INVALID', result.message))
      return reply.code(201).send(result.device)
    },
  )

  app.get(
    '/v1/devices',
    { schema: { summary: 'All devices', response: { 200: z.object({ devices: z.array(deviceSchema) }) } } },
    async () => ({
      devices: await readDevices(db),
    }),
  )

  app.post(
    '/v1/devices/:deviceId/revoke',
    {
      schema: {
        summary: 'Revoke a device: its session ends, and it is refused from now on',
        params: z.object({ deviceId: z.string().max(32) }),
        response: { 200: z.object({ outcome: z.enum(['revoked', 'already-revoked']) }), 404: errorBodySchema },
      },
    },
    async (request, reply) => {
      const outcome = await revokeDevice(db, request.params.deviceId)
      if (outcome === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', `no device ${request.params.deviceId}`))
      return reply.send({ outcome })
    },
  )
}

export const readDevices = async (db: Database, storeId?: string): Promise<z.infer<typeof deviceSchema>[]> => {
  let select = db.selectFrom('device').selectAll().orderBy('store_id').orderBy('device_id')
  if (storeId !== undefined) select = select.where('store_id', '=', storeId)
  const devices = await select.execute()
  const states = await readDeviceStates(db, storeId)
  const streams = await db.selectFrom('device_stream').selectAll().orderBy('first_seen_at').execute()
  const streamsOf = (deviceId: string) => streams.filter((stream) => stream.device_id === deviceId)
  return devices.map((device) => ({
    deviceId: device.device_id,
    storeId: device.store_id,
    hostName: device.host_name,
    agentVersion: device.agent_version,
    enrolledAt: device.enrolled_at.toISOString(),
    revokedAt: device.revoked_at?.toISOString() ?? null,
    lastSeenAt: device.last_seen_at?.toISOString() ?? null,
    lastHeardAt: newest([
      device.last_seen_at?.toISOString(),
      states.get(device.device_id)?.reportedAt,
      ...streamsOf(device.device_id).map((stream) => stream.last_batch_at?.toISOString()),
    ]),
    report: states.get(device.device_id) ?? null,
    journals: streamsOf(device.device_id).map((stream) => ({
      incarnation: stream.incarnation,
      ackedSeq: stream.acked_seq,
      lastBatchAt: stream.last_batch_at?.toISOString() ?? null,
    })),
  }))
}

const newest = (instants: readonly (string | undefined)[]): string | null =>
  instants.flatMap((instant) => instant ?? []).reduce<string | null>((last, each) => (last === null || each > last ? each : last), null)
