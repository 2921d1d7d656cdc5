/** What is written down of each rebuild: that it runs, how far it is, how it ended. One runs whose process holds the projection's lock. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { type Progress, progressOf } from './progress.ts'
import { type TableDifference, tableDifferenceSchema } from './table-difference.ts'

export type RebuildMode = 'replace' | 'compare'

/** Held by a connection for as long as the rebuild runs: it goes with its process, however that ends. */
export const runningLock = (projection: string) => sql`hashtextextended(${`tideline rebuild ${projection}`}, 0)`

/** Those that were killed wait for their last transaction here: afterwards they are cut off for good. */
export const writeBegun = async (trx: Transaction<Tables>, projection: string, mode: RebuildMode): Promise<number> => {
  await sql`
    update projection_rebuild set state = 'cut-off', ended_at = now(), message = 'It was cut off before its end. The live side was not touched.'
    where rebuild_id in (select rebuild_id from projection_rebuild where projection = ${projection} and state = 'running' for update)`.execute(
    trx,
  )
  const { rebuild_id } = await trx
    .insertInto('projection_rebuild')
    .values({ projection, mode })
    .returning('rebuild_id')
    .executeTakeFirstOrThrow()
  return rebuild_id
}

export const writeProgress = (db: Kysely<Tables>, rebuildId: number, { read, total }: Progress) =>
  db
    .updateTable('projection_rebuild')
    .set({ records_read: read, records_total: total, progressed_at: sql`now()` })
    .where('rebuild_id', '=', rebuildId)
    .execute()

export interface RebuildEnd {
  state: 'done' | 'failed' | 'cut-off'
  message: string
  differences?: readonly TableDifference[]
}

export const writeEnd = (db: Kysely<Tables>, rebuildId: number, { state, message, differences }: RebuildEnd) =>
  db
    .updateTable('projection_rebuild')
    .set({ state, message, differences: differences ? JSON.stringify(differences) : null, ended_at: sql`now()` })
    .where('rebuild_id', '=', rebuildId)
    .where('state', '=', 'running')
    .execute()

export interface RebuildEntry {
  rebuildId: number
  projection: string
  mode: RebuildMode
  state: 'running' | RebuildEnd['state']
  beganAt: Date
  endedAt: Date | null
  progress: Progress
  message: string | null
  differences: TableDifference[]
}

const modeSchema = z.enum(['replace', 'compare'])
const stateSchema = z.enum(['running', 'done', 'failed', 'cut-off'])

/** The newest of each projection. One that says it runs, and nobody holds its lock, was cut off. */
export const readNewestRebuilds = async (db: Database, projections: readonly string[]): Promise<Map<string, RebuildEntry>> => {
  const { rows } = await sql<Row>`
    select distinct on (projection) *, extract(epoch from progressed_at - began_at)::float8 * 1000 as elapsed, exists (
      select from pg_locks k where k.locktype = 'advisory' and k.objsubid = 1
        and k.database = (select oid from pg_database where datname = current_database())
        and (k.classid::bigint << 32) | k.objid::bigint = hashtextextended('tideline rebuild ' || projection, 0)) as is_held
    from projection_rebuild where projection = any(${projections}::text[]) order by projection, rebuild_id desc`.execute(db)
  return new Map(rows.map((row) => [row.projection, entryOf(row)]))
}

interface Row {
  rebuild_id: number
  projection: string
  mode: string
  state: string
  began_at: Date
  ended_at: Date | null
  records_read: number
  records_total: number
  elapsed: number
  is_held: boolean
  message: string | null
  differences: string | null
}

const entryOf = (row: Row): RebuildEntry => ({
  rebuildId: row.rebuild_id,
  projection: row.projection,
  mode: modeSchema.parse(row.mode),
  state: row.state === 'running' && !row.is_held ? 'cut-off' : stateSchema.parse(row.state),
  beganAt: row.began_at,
  endedAt: row.ended_at,
  progress: progressOf(row.records_read, row.records_total, row.elapsed),
  message: row.message,
  differences: row.differences === null ? [] : z.array(tableDifferenceSchema).parse(JSON.parse(row.differences)),
})
