/**
 * Support bundles that were asked for [OPS7]: asked ─▶ declined, or asked ─▶ granted ─▶ complete when the last part is there.
 * Parts come in any order and may come twice. Whatever became of a request, it is kept for thirty days at most.
 */
import { randomBytes } from 'node:crypto'
import type { Diagnostics } from '#sync/contract/diagnostics.ts'
import { type Kysely, sql } from 'kysely'
import { notifyDevice } from '../enrolment/device-channel.ts'
import type { Database } from '../storage/database.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import type { Tables } from '../storage/tables.ts'

const keptFor = sql`interval '30 days'`

export type DiagnosticsState = 'asked' | 'declined' | 'granted' | 'complete'

export interface DiagnosticsRequest {
  requestId: string
  reason: string
  state: DiagnosticsState
  parts: number | null
  partsHere: number
  askedAt: Date
  answeredAt: Date | null
}

/** Asked at once; a store that is away is asked when it reports again. */
export const requestDiagnostics = async (
  db: Database,
  deviceId: string,
  reason: string,
): Promise<{ requestId: string } | 'unknown-device'> => {
  const requestId = `request-${randomBytes(9).toString('hex')}`
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql`
      insert into diagnostics_request (request_id, device_id, reason, state)
      select ${requestId}, device_id, ${reason}, 'asked' from device where device_id = ${deviceId} and revoked_at is null returning 1`.execute(
      trx,
    )
    if (rows.length === 0) return 'unknown-device'
    await notifyDevice(trx, { event: 'ask', deviceId: deviceIdSchema.parse(deviceId), ask: { what: 'diagnostics', requestId, reason } })
    return { requestId }
  })
}

export const readUnanswered = async (db: Kysely<Tables>, deviceId: string): Promise<{ requestId: string; reason: string }[]> => {
  const { rows } = await sql<{ requestId: string; reason: string }>`
    select request_id as "requestId", reason from diagnostics_request
    where device_id = ${deviceId} and state = 'asked' and asked_at > now() - ${keptFor} order by asked_at limit 5`.execute(db)
  return rows
}

export type Taken = 'taken' | 'unknown' | 'contradicts'

export const takeDiagnostics = (db: Database, deviceId: string, answer: Diagnostics): Promise<Taken> =>
  db.transaction().execute(async (trx): Promise<Taken> => {
    const { rows } = await sql<{ state: DiagnosticsState; parts: number | null }>`
      select state, parts from diagnostics_request
      where request_id = ${answer.requestId} and device_id = ${deviceId} and asked_at > now() - ${keptFor} for update`.execute(trx)
    const [request] = rows
    if (!request) return 'unknown'
    if (answer.answer === 'declined') {
      if (request.state === 'granted' || request.state === 'complete') return 'contradicts'
      await sql`update diagnostics_request set state = 'declined', answered_at = coalesce(answered_at, now())
        where request_id = ${answer.requestId}`.execute(trx)
      return 'taken'
    }
    if (request.state === 'declined' || answer.part > answer.parts || (request.parts ?? answer.parts) !== answer.parts) return 'contradicts'
    await sql`insert into diagnostics_part (request_id, part, bytes) values (${answer.requestId}, ${answer.part}, ${Buffer.from(answer.bytes)})
      on conflict do nothing`.execute(trx)
    await sql`
      update diagnostics_request set parts = ${answer.parts}, answered_at = coalesce(answered_at, now()),
        state = case when (select count(*) from diagnostics_part where request_id = ${answer.requestId}) = ${answer.parts} then 'complete' else 'granted' end
      where request_id = ${answer.requestId}`.execute(trx)
    return 'taken'
  })

export const listDiagnostics = async (db: Kysely<Tables>, deviceId: string): Promise<DiagnosticsRequest[]> => {
  const { rows } = await sql<DiagnosticsRequest>`
    select request_id as "requestId", reason, state, parts, asked_at as "askedAt", answered_at as "answeredAt",
      (select count(*)::int from diagnostics_part p where p.request_id = r.request_id) as "partsHere"
    from diagnostics_request r where device_id = ${deviceId} and asked_at > now() - ${keptFor} order by asked_at desc limit 100`.execute(db)
  return rows
}

/** The whole bundle, gzip as the agent made it; null until it is complete. */
export const readBundle = async (db: Kysely<Tables>, deviceId: string, requestId: string): Promise<Buffer | null> => {
  const { rows } = await sql<{ bytes: Buffer }>`
    select p.bytes from diagnostics_request r join diagnostics_part p using (request_id)
    where r.request_id = ${requestId} and r.device_id = ${deviceId} and r.state = 'complete' and r.asked_at > now() - ${keptFor}
    order by p.part`.execute(db)
  return rows.length === 0 ? null : Buffer.concat(rows.map(({ bytes }) => bytes))
}

/** Returns how many requests were forgotten, their parts with them. */
export const forgetOldDiagnostics = (db: Database): Promise<number> =>
  db.transaction().execute(async (trx) => {
    await sql`delete from diagnostics_part where request_id in (
      select request_id from diagnostics_request where asked_at <= now() - ${keptFor})`.execute(trx)
    const gone = await sql`delete from diagnostics_request where asked_at <= now() - ${keptFor}`.execute(trx)
    return Number(gone.numAffectedRows ?? 0n)
  })
