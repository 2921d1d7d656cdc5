/**
 * Moves one projection along one stream: effect and position commit together [HUB3]. The position row's lock lets any number
 * of workers share the streams; a stream that another worker holds is skipped.
 */
import { sql, type Transaction } from 'kysely'
import { poisonException } from '../exception/exception-projection.ts'
import { raiseExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure, retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { type LogRecord, recordIdOfRow } from './log-record.ts'
import type { Projection } from './projection.ts'

export interface StreamKey {
  deviceId: string
  incarnation: string
}

const recordsAtOnce = 500

/** Streams whose log goes further than the projection has read. */
export const laggingStreams = async (db: Database, projection: string): Promise<StreamKey[]> => {
  const { rows } = await sql<StreamKey>`
    select s.device_id as "deviceId", s.incarnation from device_stream s
    left join projection_position p on p.projection = ${projection} and p.device_id = s.device_id and p.incarnation = s.incarnation
    where s.acked_seq > coalesce(p.seq, 0) order by s.last_batch_at limit 500`.execute(db)
  return rows
}

/** Takes the stream's next records. Returns how many; 0 when there are none or another worker has the stream. */
export const advanceStream = async (db: Database, projection: Projection, stream: StreamKey): Promise<number> => {
  try {
    return await takeRecords(db, projection, stream, recordsAtOnce, 'apply')
  } catch (error) {
    if (databaseFailure(error) !== 'data') throw error
    return advanceSingly(db, projection, stream)
  }
}

/** One of the next records is refused by the database: it is found by taking them one at a time, and stepped over. */
const advanceSingly = async (db: Database, projection: Projection, stream: StreamKey): Promise<number> => {
  let taken = 0
  for (; taken < recordsAtOnce; taken++) {
    const one = await takeRecords(db, projection, stream, 1, 'apply').catch((error: unknown) => {
      if (databaseFailure(error) !== 'data') throw error
      return takeRecords(db, projection, stream, 1, { stepOver: error instanceof Error ? error.message : String(error) })
    })
    if (one === 0) break
  }
  return taken
}

const takeRecords = (
  db: Database,
  projection: Projection,
  stream: StreamKey,
  limit: number,
  how: 'apply' | { stepOver: string },
): Promise<number> =>
  retryContention(() =>
    db.transaction().execute(async (trx) => {
      const position = await lockPosition(trx, projection.name, stream)
      if (position === 'taken') return 0
      const records = await readLog(trx, stream, position, limit)
      const last = records.at(-1)
      if (!last) return 0
      if (how === 'apply') await projection.apply(trx, records)
      else
        await raiseExceptions(
          trx,
          records.map((record) => poisonException(record, `${projection.name}: ${how.stepOver}`)),
        )
      await trx
        .updateTable('projection_position')
        .set({ seq: last.seq })
        .where('projection', '=', projection.name)
        .where('device_id', '=', stream.deviceId)
        .where('incarnation', '=', stream.incarnation)
        .execute()
      return records.length
    }),
  )

/** Shared by all that read along, exclusive for a rebuild: no worker's effect straddles a reset. */
const rebuildLock = (projection: string) => sql`hashtextextended(${`tideline projection ${projection}`}, 0)`

const lockPosition = async (
  trx: Transaction<Tables>,
  projection: string,
  { deviceId, incarnation }: StreamKey,
): Promise<number | 'taken'> => {
  await sql`select pg_advisory_xact_lock_shared(${rebuildLock(projection)})`.execute(trx)
  await sql`insert into projection_position (projection, device_id, incarnation) values (${projection}, ${deviceId}, ${incarnation})
    on conflict do nothing`.execute(trx)
  const { rows } = await sql<{ seq: number }>`select seq from projection_position
    where projection = ${projection} and device_id = ${deviceId} and incarnation = ${incarnation} for update skip locked`.execute(trx)
  return rows[0]?.seq ?? 'taken'
}

const readLog = async (
  trx: Transaction<Tables>,
  { deviceId, incarnation }: StreamKey,
  after: number,
  limit: number,
): Promise<LogRecord[]> => {
  const rows = await trx
    .selectFrom('record_log')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  const hole = rows.find((row, index) => row.seq !== after + 1 + index)
  if (hole) throw new Error(`the log has a hole before ${recordIdOfRow(hole)}`)
  return rows
}

/** Reads on until nothing is left to read, now. */
export const drainProjection = async (
  db: Database,
  projection: Projection,
  onTaken: (count: number) => void = () => undefined,
): Promise<number> => {
  let total = 0
  for (;;) {
    let taken = 0
    for (const stream of await laggingStreams(db, projection.name)) {
      const count = await advanceStream(db, projection, stream)
      taken += count
      onTaken(count)
    }
    total += taken
    if (taken === 0) return total
  }
}

/** Drops what the projection made and its positions, then reads the log anew. Live workers wait, then help. */
export const rebuildProjection = async (db: Database, projection: Projection): Promise<number> => {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${rebuildLock(projection.name)})`.execute(trx)
    await projection.reset(trx)
    await trx.deleteFrom('projection_position').where('projection', '=', projection.name).execute()
  })
  return drainProjection(db, projection)
}
