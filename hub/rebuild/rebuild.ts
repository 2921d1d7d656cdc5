/**
 * Rebuilds a projection from the log while it is read and kept current [MRG20]:
 *
 *   lock ─▶ shadow, empty ─▶ reads the log as far as the live one has ─▶ compare, put right, tell (exchange.ts)
 *
 * Until that last transaction commits, nothing but the shadow was written. A process that is killed leaves a shadow that nobody reads; the
 * next rebuild throws it away and begins anew. Of two at once the second is refused.
 */
import { sql } from 'kysely'
import type { Clock } from '#sync/core/ports.ts'
import { drainProjection } from '../merge/advance.ts'
import type { Projection } from '../merge/projection.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure, retryContention } from '../storage/failure.ts'
import { systemClock } from '../system-clock.ts'
import { exchange } from './exchange.ts'
import { type Progress, progressOf, wordProgress } from './progress.ts'
import { readNewestRebuilds, type RebuildEnd, type RebuildMode, runningLock, writeBegun, writeEnd, writeProgress } from './rebuild-log.ts'
import { dropShadow, inShadow, makeShadow, type Shadow, ShadowLost, shadowTables, withinShadow } from './shadow.ts'
import { fillShadow, readExtent } from './shadow-course.ts'
import type { TableDifference } from './table-difference.ts'

export interface RebuildOptions {
  mode: RebuildMode
  onBegun?: (rebuildId: number) => void
  onProgress?: (progress: Progress) => void
  /** Aborted: it ends before its next records, and the live side stays as it is. */
  signal?: AbortSignal
  clock?: Clock
  /** How many streams are read at the same time. */
  lanes?: number
}

export type Rebuilt =
  /** `heldMs`: how long the live projection stood still at the end. */
  | { outcome: 'done'; message: string; differences: TableDifference[]; progress: Progress; heldMs: number }
  | { outcome: 'busy' | 'failed' | 'cut-off'; message: string }

const progressEveryMs = 1_000
const usualLanes = 2
/** A live projection that never stands where the shadow is stands still for another reason. */
const mostAttempts = 100

export const rebuildOnline = (db: Database, projection: Projection, options: RebuildOptions): Promise<Rebuilt> =>
  db.connection().execute(async (connection): Promise<Rebuilt> => {
    const lock = runningLock(projection.name)
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${lock}) as held`.execute(connection)
    if (!rows[0]?.held) return { outcome: 'busy', message: await wordBusy(db, projection.name) }
    try {
      return await runRebuild(db, projection, options)
    } finally {
      // A connection that broke has let go of it already.
      await sql`select pg_advisory_unlock(${lock})`.execute(connection).catch(() => undefined)
    }
  })

const wordBusy = async (db: Database, name: string): Promise<string> => {
  const entry = (await readNewestRebuilds(db, [name])).get(name)
  const far = entry?.state === 'running' ? `, since ${entry.beganAt.toISOString()}: ${wordProgress(entry.progress)}` : ''
  return `The projection ${name} is being rebuilt already${far}. Wait for its end, or end the process that does it.`
}

const runRebuild = async (db: Database, projection: Projection, options: RebuildOptions): Promise<Rebuilt> => {
  const shadow = await db
    .transaction()
    .execute(async (trx) => makeShadow(trx, projection, await writeBegun(trx, projection.name, options.mode)))
  options.onBegun?.(shadow.rebuildId)
  try {
    return await buildAndExchange(db, shadow, options)
  } catch (error) {
    const end = endOf(error)
    // What a database that is away keeps of it, the next rebuild throws away.
    await abandon(db, shadow, end).catch(() => undefined)
    return { outcome: end.state, message: end.message }
  }
}

const endOf = (error: unknown): { state: 'failed' | 'cut-off'; message: string } => {
  const untouched = 'The live side was not touched.'
  if (error instanceof Stopped) return { state: 'cut-off', message: `It was stopped before its end. ${untouched}` }
  const reason = error instanceof Error ? error.message : String(error)
  const state = error instanceof ShadowLost || databaseFailure(error) === 'away' ? 'cut-off' : 'failed'
  return { state, message: `It ended before its time: ${reason}. ${untouched}` }
}

/** Most of what came beside the streams, and what the comparison needs to know of the tables: the live projection need not wait for it. */
const catchUpShadow = async (db: Database, shadow: Shadow): Promise<void> => {
  await retryContention(() => db.transaction().execute((trx) => withinShadow(shadow)(trx, async () => shadow.projection.catchUp?.(trx))))
  for (const table of shadowTables(shadow.projection)) await sql`analyze ${inShadow(shadow, table)}`.execute(db)
}

/** Not when another one has begun: the shadow is that one's. */
const abandon = (db: Database, shadow: Shadow, end: RebuildEnd): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const [ended] = await writeEnd(trx, shadow.rebuildId, end)
    if (ended && ended.numUpdatedRows > 0n) await dropShadow(trx, shadow)
  })

class Stopped extends Error {
  override name = 'Stopped'
}

const buildAndExchange = async (
  db: Database,
  shadow: Shadow,
  { mode, onProgress, signal, clock = systemClock, lanes = usualLanes }: RebuildOptions,
): Promise<Rebuilt> => {
  const beganMs = clock.nowMs()
  const elapsedMs = (): number => clock.nowMs() - beganMs
  let toldMs = Number.NEGATIVE_INFINITY
  const tell = async (): Promise<Progress> => {
    const { read, total } = await readExtent(db, shadow)
    const progress = progressOf(read, total, elapsedMs())
    await writeProgress(db, shadow.rebuildId, progress)
    onProgress?.(progress)
    return progress
  }
  const onTaken = async (): Promise<void> => {
    if (signal?.aborted) throw new Stopped()
    if (elapsedMs() - toldMs < progressEveryMs) return
    toldMs = elapsedMs()
    await tell()
  }
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await onTaken()
    await fillShadow(db, shadow, lanes, onTaken)
    if (attempt === 1) await catchUpShadow(db, shadow)
    await tell()
    const exchanged = await exchange(db, shadow, mode, elapsedMs)
    if (exchanged.outcome === 'done') {
      onProgress?.(exchanged.progress)
      return exchanged
    }
    // The live side lacks what was filled in, or has begun anew: nobody else need be there to take it.
    if (exchanged.outcome === 'ahead') await drainProjection(db, shadow.projection)
  }
  throw new Error(`the live projection did not stand still in ${mostAttempts} looks`)
}
