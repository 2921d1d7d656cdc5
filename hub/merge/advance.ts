/**
 * Moves one projection along one stream: effect and position commit together [HUB3]. The position row's lock lets any number
 * of workers share the streams; a stream that another worker holds is skipped. Records that a comparison filled in behind the position
 * are taken first, and once (late-records.ts); a hole stops the stream in front of it, and no other.
 */
import { sql, type Transaction } from 'kysely'
import { poisonException } from '../exception/exception-projection.ts'
import { raiseExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure, retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { chunksOf } from '../chunks.ts'
import { advanceTogether, streamsTogether } from './advance-together.ts'
import { forgetLate, forgetLateOfProjection, readLate } from './late-records.ts'
import { type LogRecord, recordIdOfRow } from './log-record.ts'
import { heededOf, type Projection } from './projection.ts'

export interface StreamKey {
  deviceId: string
  incarnation: string
}

const usualRecordsAtOnce = 500

/** A shadow that a rebuild makes is moved as the projection itself is, but elsewhere and not as far. */
export interface Course {
  /** The name of its positions. */
  as?: string
  /** Around what each transaction does. */
  within?: <T>(trx: Transaction<Tables>, work: () => Promise<T>) => Promise<T>
  throughSeq?: number
  recordsAtOnce?: number
}

/** Streams whose log goes further than the projection has read, or was filled in behind it. */
export const laggingStreams = async (db: Database, projection: string): Promise<StreamKey[]> => {
  const { rows } = await sql<StreamKey>`
    select s.device_id as "deviceId", s.incarnation from device_stream s
    left join projection_position p on p.projection = ${projection} and p.device_id = s.device_id and p.incarnation = s.incarnation
    where s.acked_seq > coalesce(p.seq, 0) or exists (
      select from projection_late l where l.projection = ${projection} and l.device_id = s.device_id and l.incarnation = s.incarnation)
    order by s.last_batch_at limit 500`.execute(db)
  return rows
}

/** Takes the stream's next records. Returns how many; 0 when there are none or another worker has the stream. */
export const advanceStream = async (db: Database, projection: Projection, stream: StreamKey, course: Course = {}): Promise<number> => {
  try {
    return await takeRecords(db, projection, stream, 'apply', course)
  } catch (error) {
    if (databaseFailure(error) !== 'data') throw error
    return advanceSingly(db, projection, stream, course)
  }
}

/** One of the next records is refused by the database: it is found by taking them one at a time, and stepped over. */
const advanceSingly = async (db: Database, projection: Projection, stream: StreamKey, course: Course): Promise<number> => {
  let taken = 0
  for (; taken < usualRecordsAtOnce; taken++) {
    const one = await takeRecords(db, projection, stream, 'apply', { ...course, recordsAtOnce: 1 }).catch((error: unknown) => {
      if (databaseFailure(error) !== 'data') throw error
      const stepOver = error instanceof Error ? error.message : String(error)
      return takeRecords(db, projection, stream, { stepOver }, { ...course, recordsAtOnce: 1 })
    })
    if (one === 0) break
  }
  return taken
}

const takeRecords = (
  db: Database,
  projection: Projection,
  stream: StreamKey,
  how: 'apply' | { stepOver: string },
  { within = (_trx, work) => work(), ...course }: Course,
): Promise<number> =>
  retryContention(() => db.transaction().execute((trx) => within(trx, () => takeWithin(trx, projection, stream, how, course))))

/** In the caller's transaction: the effect of the stream's next records, and the position behind them. */
export const takeWithin = async (
  trx: Transaction<Tables>,
  projection: Projection,
  stream: StreamKey,
  how: 'apply' | { stepOver: string },
  { as: name = projection.name, throughSeq = Number.POSITIVE_INFINITY, recordsAtOnce = usualRecordsAtOnce }: Omit<Course, 'within'>,
): Promise<number> => {
  const position = await lockPosition(trx, name, stream)
  if (position === 'taken') return 0
  const late = await readLate(trx, name, stream, recordsAtOnce)
  const most = Math.min(recordsAtOnce, throughSeq - position)
  const read = late.seqs.length > 0 ? late.records : most > 0 ? await readLog(trx, projection, stream, position, most) : []
  const last = late.seqs.at(-1) ?? read.at(-1)?.seq
  if (last === undefined) return 0
  const records = heededOf(projection, read)
  if (how !== 'apply')
    await raiseExceptions(
      trx,
      records.map((record) => poisonException(record, `${projection.name}: ${how.stepOver}`)),
    )
  else if (records.length > 0) await projection.apply(trx, records)
  if (late.seqs.length > 0) await forgetLate(trx, name, stream, last)
  else await movePosition(trx, name, stream, last)
  return late.seqs.length || read.length
}

const movePosition = (trx: Transaction<Tables>, projection: string, { deviceId, incarnation }: StreamKey, seq: number) =>
  trx
    .updateTable('projection_position')
    .set({ seq })
    .where('projection', '=', projection)
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .execute()

/** Shared by all that read along, exclusive for a rebuild: no worker's effect straddles a reset. */
const rebuildLock = (projection: string) => sql`hashtextextended(${`tideline projection ${projection}`}, 0)`

/** For a rebuild that puts the projection right: until its transaction ends, nobody else moves it. */
export const holdProjection = (trx: Transaction<Tables>, projection: string) =>
  sql`select pg_advisory_xact_lock(${rebuildLock(projection)})`.execute(trx)

/** For whoever adds to a projection beside the streams: not while it is reset. */
export const shareProjection = (trx: Transaction<Tables>, projection: string) =>
  sql`select pg_advisory_xact_lock_shared(${rebuildLock(projection)})`.execute(trx)

/** What a crash of the database takes back, effect and position alike, is read from the log again: its commit need not wait for the disk. */
const shareHurriedly = (trx: Transaction<Tables>, projection: string) =>
  sql`select set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock_shared(${rebuildLock(projection)})`.execute(trx)

const lockPosition = async (
  trx: Transaction<Tables>,
  projection: string,
  { deviceId, incarnation }: StreamKey,
): Promise<number | 'taken'> => {
  await shareHurriedly(trx, projection)
  const { rows } = await sql<{ seq: number }>`select seq from projection_position
    where projection = ${projection} and device_id = ${deviceId} and incarnation = ${incarnation} for update skip locked`.execute(trx)
  if (rows[0]) return rows[0].seq
  const begun = await sql<{ seq: number }>`insert into projection_position (projection, device_id, incarnation)
    values (${projection}, ${deviceId}, ${incarnation}) on conflict do nothing returning seq`.execute(trx)
  return begun.rows[0]?.seq ?? 'taken'
}

/** The payload of a kind that the projection does not heed stays where it is. */
const readLog = async (
  trx: Transaction<Tables>,
  { heeds }: Projection,
  { deviceId, incarnation }: StreamKey,
  after: number,
  limit: number,
): Promise<LogRecord[]> => {
  const payload = heeds ? sql`case when kind = any(${heeds}::text[]) then payload else '' end` : sql`payload`
  const { rows } = await sql<LogRecord>`
    select device_id, incarnation, seq, store_id, kind, verdict, reason, natural_key, captured_at, ${payload} as payload, payload_hash, previous_hash
    from record_log where device_id = ${deviceId} and incarnation = ${incarnation} and seq > ${after} order by seq limit ${limit}`.execute(
    trx,
  )
  const hole = rows.findIndex((row, index) => row.seq !== after + 1 + index)
  if (hole === 0) throw new Error(`the log has a hole before ${rows.slice(0, 1).map(recordIdOfRow).join('')}`)
  return hole < 0 ? rows : rows.slice(0, hole)
}

/** Returns those that are to be moved singly: one alone, those that need care, and all where one of them failed. */
const takeTogether = async (
  db: Database,
  projection: Projection,
  streams: readonly StreamKey[],
  note: (count: number) => void,
): Promise<readonly StreamKey[]> => {
  if (streams.length === 1) return streams
  try {
    const { taken, left } = await advanceTogether(db, projection, streams, (trx) => shareHurriedly(trx, projection.name))
    note(taken)
    return left
  } catch (error) {
    if (databaseFailure(error) === 'away') throw error
    return streams
  }
}

export interface DrainOptions {
  onTaken?: (count: number) => void
  /** Before it looks again: so many were taken. */
  between?: (taken: number) => Promise<void>
  /** How many transactions are under way at the same time. */
  lanes?: number
}

/** Reads on until nothing is left to read, now. A stream that cannot go on stops no other; in the end it is thrown for. */
export const drainProjection = async (
  db: Database,
  projection: Projection,
  { onTaken = () => undefined, between = async () => undefined, lanes = 1 }: DrainOptions = {},
): Promise<number> => {
  let total = 0
  for (;;) {
    let taken = 0
    const stopped: unknown[] = []
    const note = (count: number): void => {
      taken += count
      onTaken(count)
    }
    const streams = await laggingStreams(db, projection.name)
    const groups = chunksOf(streams, Math.max(1, Math.min(streamsTogether, Math.ceil(streams.length / lanes)))).values()
    const readSome = async (): Promise<void> => {
      for (const group of groups)
        for (const stream of await takeTogether(db, projection, group, note))
          note(
            await advanceStream(db, projection, stream).catch((error: unknown) => {
              if (databaseFailure(error) === 'away') throw error
              stopped.push(error)
              return 0
            }),
          )
    }
    const ended = await Promise.allSettled(Array.from({ length: lanes }, readSome))
    for (const end of ended) if (end.status === 'rejected') throw end.reason
    total += taken
    if (taken > 0) {
      await between(taken)
      continue
    }
    if (stopped.length > 0) throw stopped[0]
    return total
  }
}

/** The plainest rebuild, in place: what the projection made is gone until it is made again. While a hub serves, rebuild/rebuild.ts does it. */
export const rebuildProjection = async (db: Database, projection: Projection): Promise<number> => {
  await db.transaction().execute(async (trx) => {
    await holdProjection(trx, projection.name)
    await projection.reset(trx)
    await trx.deleteFrom('projection_position').where('projection', '=', projection.name).execute()
    await forgetLateOfProjection(trx, projection.name)
  })
  return drainProjection(db, projection)
}
