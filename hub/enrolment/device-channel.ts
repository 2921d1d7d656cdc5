/** What gateways tell each other about devices, over NOTIFY. Losing one costs only time: each batch is checked again. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { askSchema } from '#sync/contract/down.ts'
import { deviceIdSchema, incarnationSchema } from '#sync/contract/vocabulary.ts'
import type { Database } from '../storage/database.ts'
import { hurriedCommit } from '../storage/hurried-commit.ts'
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

/** `welcomed`, in a transaction of its own: nothing has to outlive a crash, which ends all sessions. */
export const announceSession = async (
  db: Database,
  notice: { deviceId: string; incarnation: string; sessionId: string },
): Promise<void> => {
  const text = JSON.stringify({ event: 'welcomed', ...notice })
  await sql`with hurried as materialized (${hurriedCommit}) select pg_notify(${deviceChannel}, ${text}) from hurried`.execute(db)
}

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
