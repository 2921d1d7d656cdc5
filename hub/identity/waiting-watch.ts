/** Looks again and again whether an item that lines wait for has become known: by an import here or in another process, or by the ERP. */
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { createBell } from '../bell.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure } from '../storage/failure.ts'
import { systemClock } from '../system-clock.ts'
import { mergeWaitingLines } from './waiting-lines.ts'

export interface WaitingWatchOptions {
  db: Database
  log: Logger
  intervalMs?: number
  clock?: Clock
}

export const startWaitingWatch = ({ db, log, intervalMs = 1_000, clock = systemClock }: WaitingWatchOptions): { stop(): Promise<void> } => {
  let stopping = false
  const bell = createBell(clock)
  const keepLooking = async (): Promise<void> => {
    while (!stopping) {
      await mergeWaitingLines(db).catch((error: unknown) => {
        if (databaseFailure(error) === 'fault') log.error({ err: error }, 'lines that wait for their item stand still')
        else log.warn({ err: error }, 'lines that wait for their item wait for the database')
      })
      if (!stopping) await bell.wait(intervalMs)
    }
  }
  const looking = keepLooking()
  return {
    stop: async () => {
      stopping = true
      bell.ring()
      await looking
    },
  }
}
