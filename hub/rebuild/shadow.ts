/**
 * The shadow that a rebuild makes of a projection: the same tables, empty, in a schema that comes first on the search path of the shadow's
 * transactions, so that `apply` writes there and reads all else (log, catalogue, mapping) where it is. Positions stand beside the live ones
 * under a name of their own: what a comparison fills in behind them is noted for them too. Three things keep the live side whole:
 *
 *   each transaction sees that its rebuild is still the one that runs   another one may have begun since
 *   a mark in the schema goes with its unlogged tables                  after a crash of PostgreSQL they are empty, and so is the mark
 *   whatever was written outside the shadow undoes the transaction      a table that the projection does not name as its own
 */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { forgetLateOfProjection } from '../merge/late-records.ts'
import type { Projection } from '../merge/projection.ts'
import type { Tables } from '../storage/tables.ts'

type Trx = Transaction<Tables>

export interface Shadow {
  projection: Projection
  rebuildId: number
  /** The name of its positions. */
  positions: string
  schema: string
  /** The schema of the live tables. */
  live: string
}

/** Its rebuild does not run any more: another one began, or the database fell over. The live side was not touched. */
export class ShadowLost extends Error {
  override name = 'ShadowLost'
}

/** A fault of ours: a table that a projection writes is not among those that it names. */
export class WroteOutside extends Error {
  override name = 'WroteOutside'
}

/** Written along with an effect: exceptions are compared, and what is said to others was said by the live side and is thrown away here. */
const sharedTables = ['exception', 'posting'] as const

export const shadowTables = ({ tables }: Projection): string[] => [...Object.keys(tables), ...sharedTables]

export const shadowPositions = (projection: string): string => `rebuild:${projection}`

export const inShadow = ({ schema }: Shadow, table: string): RawBuilder<unknown> => sql.id(schema, table)
export const inLive = ({ live }: Shadow, table: string): RawBuilder<unknown> => sql.id(live, table)

/** Whatever an earlier rebuild left is thrown away. */
export const makeShadow = async (trx: Trx, projection: Projection, rebuildId: number): Promise<Shadow> => {
  const { rows } = await sql<{ live: string }>`select current_schema() as live`.execute(trx)
  const shadow: Shadow = {
    ...{ projection, rebuildId, positions: shadowPositions(projection.name) },
    ...{ schema: `rebuild_${projection.name.replaceAll('-', '_')}`, live: rows[0]?.live ?? 'public' },
  }
  await dropShadow(trx, shadow)
  await sql`create schema ${sql.id(shadow.schema)}`.execute(trx)
  for (const table of shadowTables(projection))
    await sql`create unlogged table ${inShadow(shadow, table)} (like ${inLive(shadow, table)} including all)`.execute(trx)
  await sql`create unlogged table ${inShadow(shadow, 'rebuild_mark')} as select ${rebuildId}::bigint as rebuild_id`.execute(trx)
  return shadow
}

export const dropShadow = async (trx: Trx, { schema, positions }: Shadow): Promise<void> => {
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(trx)
  await trx.deleteFrom('projection_position').where('projection', '=', positions).execute()
  await forgetLateOfProjection(trx, positions)
}

/** The rest of the transaction happens in the shadow, while its rebuild runs: one that would end it waits. */
export const enterShadow = async (trx: Trx, shadow: Shadow): Promise<void> => {
  const path = `"${shadow.schema}", "${shadow.live}"`
  const entered = await sql`
    select set_config('search_path', ${path}, true) from ${inLive(shadow, 'projection_rebuild')} r
    where r.rebuild_id = ${shadow.rebuildId} and r.state = 'running' for key share of r`.execute(trx)
  if (entered.rows.length === 0) throw new ShadowLost('another rebuild of this projection has begun since')
  const { rows } = await sql<{ marked: boolean }>`
    select exists (select from rebuild_mark where rebuild_id = ${shadow.rebuildId}) as marked`.execute(trx)
  if (!rows[0]?.marked) throw new ShadowLost('the database fell over, and what was built so far is gone')
}

export const leaveShadow = (trx: Trx, { live }: Shadow) => sql`select set_config('search_path', ${`"${live}"`}, true)`.execute(trx)

/** As a course's `within` takes it. */
export const withinShadow =
  (shadow: Shadow) =>
  async <T>(trx: Trx, work: () => Promise<T>): Promise<T> => {
    await enterShadow(trx, shadow)
    return watchOutside(trx, shadow, work)
  }

/** Undoes, by throwing, what writes to live tables. */
export const watchOutside = async <T>(trx: Trx, { live, projection }: Shadow, work: () => Promise<T>): Promise<T> => {
  const before = await writtenOutside(trx, live)
  const result = await work()
  for (const [table, count] of await writtenOutside(trx, live))
    if (count > (before.get(table) ?? 0))
      throw new WroteOutside(`the projection ${projection.name} writes to ${table}, which it does not name as its own`)
  return result
}

const writtenOutside = async (db: Kysely<Tables>, live: string): Promise<Map<string, number>> => {
  const { rows } = await sql<{ table: string; count: number }>`
    select relname as table, n_tup_ins + n_tup_upd + n_tup_del as count from pg_stat_xact_user_tables
    where schemaname = ${live} and n_tup_ins + n_tup_upd + n_tup_del > 0
      and relname <> all('{projection_position,projection_late}')`.execute(db)
  return new Map(rows.map((row) => [row.table, row.count]))
}
