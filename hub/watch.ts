/** Looks at the present state again and again, until it is stopped: what a look missed, the next one finds. */
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { createBell } from './bell.ts'
import { databaseFailure } from './storage/failure.ts'
import { systemClock } from './system-clock.ts'

export interface WatchOptions {
  /** What is looked at, for the log: "transfers". */
  what: string
  look(): Promise<unknown>
  intervalMs: number
  log: Logger
  clock?: Clock
}

export interface Watch {
  stop(): Promise<void>
}

export const startWatch = ({ what, look, intervalMs, log, clock = systemClock }: WatchOptions): Watch => {
  let stopping = false
  const bell = createBell(clock)
  const keepLooking = async (): Promise<void> => {
    while (!stopping) {
      await look().catch((error: unknown) => {
        if (databaseFailure(error) === 'fault') log.error({ err: error }, `${what}: a look failed`)
        else log.warn({ err: error }, `${what}: a look waits for the database`)
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
