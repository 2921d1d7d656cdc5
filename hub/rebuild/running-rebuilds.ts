/** The rebuilds that this process does for its operators, in the background: begun, or refused in words, and ended with the process. */
import type { Logger } from 'pino'
import type { Projection } from '../merge/projection.ts'
import type { Database } from '../storage/database.ts'
import { rebuildOnline } from './rebuild.ts'
import type { RebuildMode } from './rebuild-log.ts'

export type Begun = { outcome: 'begun'; rebuildId: number } | { outcome: 'unknown' } | { outcome: 'refused'; message: string }

export interface RunningRebuilds {
  readonly names: readonly string[]
  begin(name: string, mode: RebuildMode): Promise<Begun>
  stop(): Promise<void>
}

export const createRunningRebuilds = (db: Database, projections: readonly Projection[], log: Logger): RunningRebuilds => {
  const running = new Set<Promise<unknown>>()
  const ending = new AbortController()

  const run = (projection: Projection, mode: RebuildMode): Promise<Begun> =>
    new Promise((settle, reject) => {
      const onBegun = (rebuildId: number): void => settle({ outcome: 'begun', rebuildId })
      const work = rebuildOnline(db, projection, { mode, onBegun, signal: ending.signal }).then((rebuilt) => {
        if (rebuilt.outcome !== 'busy') log.info({ projection: projection.name, outcome: rebuilt.outcome }, rebuilt.message)
        // Of no account to one that has begun.
        settle({ outcome: 'refused', message: rebuilt.message })
      }, reject)
      running.add(work)
      void work.finally(() => running.delete(work))
    })

  return {
    names: projections.map(({ name }) => name),
    begin: async (name, mode) => {
      const projection = projections.find((each) => each.name === name)
      return projection ? run(projection, mode) : { outcome: 'unknown' }
    },
    stop: async () => {
      ending.abort()
      await Promise.all(running)
    },
  }
}
