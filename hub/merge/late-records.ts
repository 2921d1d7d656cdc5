/**
 * Records that stand in the log behind a projection's position without having passed it: a comparison filled them in [TRN22]. They are
 * noted for each projection that has read past them, in the transaction that inserts them, and taken once, beside the projection's way.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import type { LogRecord } from './log-record.ts'

interface Stream {
  deviceId: string
  incarnation: string
}

/** Waits for whoever moves one of the stream's positions: afterwards each record lies either before its projection, or behind it. */
export const noteLate = async (trx: Transaction<Tables>, { deviceId, incarnation }: Stream, seqs: readonly number[]): Promise<void> => {
  if (seqs.length === 0) return
  await sql`select 1 from projection_position where device_id = ${deviceId} and incarnation = ${incarnation}
    order by projection for update`.execute(trx)
  await sql`
    insert into projection_late (projection, device_id, incarnation, seq)
    select p.projection, p.device_id, p.incarnation, filled.seq
    from projection_position p join unnest(${seqs}::bigint[]) as filled(seq) on filled.seq <= p.seq
    where p.device_id = ${deviceId} and p.incarnation = ${incarnation} on conflict do nothing`.execute(trx)
}

/** `seqs` has also those that were taken out of the log again meanwhile. */
export const readLate = async (
  trx: Transaction<Tables>,
  projection: string,
  { deviceId, incarnation }: Stream,
  limit: number,
): Promise<{ seqs: number[]; records: LogRecord[] }> => {
  const late = await trx
    .selectFrom('projection_late')
    .select('seq')
    .where('projection', '=', projection)
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const seqs = late.map(({ seq }) => seq)
  if (seqs.length === 0) return { seqs, records: [] }
  const records = await trx
    .selectFrom('record_log')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .where('seq', 'in', seqs)
    .orderBy('seq')
    .execute()
  return { seqs, records }
}

export const forgetLate = (trx: Transaction<Tables>, projection: string, { deviceId, incarnation }: Stream, throughSeq: number) =>
  trx
    .deleteFrom('projection_late')
    .where('projection', '=', projection)
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .where('seq', '<=', throughSeq)
    .execute()

/** A rebuild reads them on its way. */
export const forgetLateOfProjection = (trx: Transaction<Tables>, projection: string) =>
  trx.deleteFrom('projection_late').where('projection', '=', projection).execute()
