/** Keeps publishing what is marked as changed: rung after a commit, and looking by itself for what was marked elsewhere. */
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { createBell } from '../bell.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure } from '../storage/failure.ts'
import { systemClock } from '../system-clock.ts'
import { changesAtOnce, publishChanges } from './publication.ts'

export interface PublisherOptions {
  db: Database
  log: Logger
  /** There are new events. */
  onPublished(): void
  pollMs?: number
  clock?: Clock
}

export interface Publisher {
  /** Something was marked, and committed. */
  ring(): void
  stop(): Promise<void>
}

export const startPublisher = ({ db, log, onPublished, pollMs = 1_000, clock = systemClock }: PublisherOptions): Publisher => {
  let stopping = false
  const bell = createBell(clock)

  /** Changes that come in meanwhile are taken together next time: the more there are, the more each key's coalesce. */
  const publishAll = async (): Promise<void> => {
    for (;;) {
      const { taken, told } = await publishChanges(db)
      if (told > 0) onPublished()
      if (taken < changesAtOnce || stopping) return
    }
  }
  const keepPublishing = async (): Promise<void> => {
    while (!stopping) {
      await publishAll().catch((error: unknown) => {
        if (databaseFailure(error) === 'fault') log.error({ err: error }, 'availability events are not published')
        else log.warn({ err: error }, 'availability events wait for the database')
      })
      if (!stopping) await bell.wait(pollMs)
    }
  }
  const publishing = keepPublishing()
  return {
    ring: bell.ring,
    stop: async () => {
      stopping = true
      bell.ring()
      await publishing
    },
  }
}
