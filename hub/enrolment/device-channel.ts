/** What gateways tell each other about devices, over NOTIFY. Losing one costs only time: each batch is checked again. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { askSchema } from '#sync/contract/down.ts'
import { deviceIdSchema, incarnationSchema } from '#sync/contract/vocabulary.ts'
import type { Tables } from '../storage/tables.ts'

export const deviceChannel = 'tideline_device'

const deviceNoticeSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('revoked'), deviceId: deviceIdSchema }),
  /** A newer session of this journal was welcomed; every other one ends. */
  z.strictObject({ event: z.literal('welcomed'), deviceId: deviceIdSchema, incarnation: incarnationSchema, sessionId: z.string() }),
  /** The agent is asked for something now; one that is away, or speaks an older protocol, is not. */
  z.strictObject({ event: z.literal('ask'), deviceId: deviceIdSchema, ask: askSchema }),
])
export type DeviceNotice = z.infer<typeof deviceNoticeSchema>

export const notifyDevice = async (db: Kysely<Tables>, notice: z.input<typeof deviceNoticeSchema>): Promise<void> => {
  await sql`select pg_notify(${deviceChannel}, ${JSON.stringify(notice)})`.execute(db)
}

export const parseDeviceNotice = (payload: string): DeviceNotice | null => {
  try {
    return deviceNoticeSchema.parse(JSON.parse(payload))
  } catch {
    return null
  }
}
