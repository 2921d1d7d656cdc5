/**
 * The end of a rebuild, in one transaction: the live projection is held where it is, the shadow is brought exactly there, both are compared,
 * what differs is put right, a person is told, and the shadow goes. Readers see what was there before until all of it is committed.
 */
import { sql, type Transaction } from 'kysely'
import { exceptionId, reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { holdProjection, takeWithin } from '../merge/advance.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure, retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { compareTable } from './comparison.ts'
import { type RebuildMode, writeEnd, writeProgress } from './rebuild-log.ts'
import { type Progress, progressOf } from './progress.ts'
import { comparedOf, repairTable } from './repair.ts'
import { dropShadow, enterShadow, leaveShadow, type Shadow, watchOutside } from './shadow.ts'
import { readExtent, streamsBehind } from './shadow-course.ts'
import { differs, type TableDifference, wordOutcome } from './table-difference.ts'

type Trx = Transaction<Tables>

/** What is left to read while the live projection stands still. */
const mostWhileHeld = 2_000

export type Exchanged =
  | { outcome: 'done'; message: string; differences: TableDifference[]; progress: Progress; heldMs: number }
  /** The live projection lacks something that the shadow has · the rest is too much to keep it waiting for. */
  | { outcome: 'ahead' | 'behind' }

export const exchange = (db: Database, shadow: Shadow, mode: RebuildMode, elapsedMs: () => number): Promise<Exchanged> =>
  retryContention(() => db.transaction().execute((trx) => exchangeWithin(trx, shadow, mode, elapsedMs))).catch((error: unknown) => {
    // A record that the database refuses is stepped over where records are taken one at a time.
    if (databaseFailure(error) === 'data') return { outcome: 'behind' }
    throw error
  })

const exchangeWithin = async (trx: Trx, shadow: Shadow, mode: RebuildMode, elapsedMs: () => number): Promise<Exchanged> => {
  await holdProjection(trx, shadow.projection.name)
  const heldFromMs = elapsedMs()
  await enterShadow(trx, shadow)
  const place = await watchOutside(trx, shadow, () => catchUpHeld(trx, shadow))
  if (place !== 'level') return { outcome: place }
  await leaveShadow(trx, shadow)
  // Joins of whole tables, while a projection stands still: in memory, as far as that goes.
  await sql`select set_config('work_mem', '64MB', true)`.execute(trx)
  // Reading on hurries its commits; what is put right here is told to a person.
  await sql`set local synchronous_commit to default`.execute(trx)
  const differences = await compareAll(trx, shadow, mode)
  const message = wordOutcome(shadow.projection.name, mode, differences)
  await tell(trx, shadow.projection.name, message, differences)
  const { read, total } = await readExtent(trx, shadow)
  const progress = progressOf(read, total, elapsedMs())
  await writeProgress(trx, shadow.rebuildId, progress)
  await writeEnd(trx, shadow.rebuildId, { state: 'done', message, differences })
  await dropShadow(trx, shadow)
  return { outcome: 'done', message, differences, progress, heldMs: elapsedMs() - heldFromMs }
}

const catchUpHeld = async (trx: Trx, shadow: Shadow): Promise<'level' | 'ahead' | 'behind'> => {
  if ((await readExtent(trx, shadow)).isAhead) return 'ahead'
  let taken = 0
  for (let streams = await streamsBehind(trx, shadow); streams.length > 0; streams = await streamsBehind(trx, shadow)) {
    for (const { throughSeq, ...stream } of streams) {
      const count = await takeWithin(trx, shadow.projection, stream, 'apply', { as: shadow.positions, throughSeq })
      taken += count
      if (count === 0 || taken > mostWhileHeld) return 'behind'
    }
  }
  await shadow.projection.catchUp?.(trx)
  return 'level'
}

const compareAll = async (trx: Trx, shadow: Shadow, mode: RebuildMode): Promise<TableDifference[]> => {
  const differences: TableDifference[] = []
  for (const compared of await comparedOf(trx, shadow)) {
    const difference = await compareTable(trx, shadow, compared)
    differences.push(difference)
    if (mode === 'replace' && differs(difference)) await repairTable(trx, shadow, compared)
  }
  return differences
}

/** One exception a projection: it ends when a later look finds that all is as it should be. */
const tell = async (trx: Trx, projection: string, message: string, differences: readonly TableDifference[]): Promise<void> => {
  const id = exceptionId('PROJECTION_DIFFERED', projection)
  if (!differences.some(differs)) return resolveExceptions(trx, [id])
  await reportExceptions(trx, [{ exceptionId: id, kind: 'PROJECTION_DIFFERED', storeId: null, message }])
}
