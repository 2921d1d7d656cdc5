/** Looks which epoch the database is in whenever the line to it came up again: it may be another one, restored or a standby that took over. */
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { ensureEpoch } from './epoch.ts'

export interface EpochWatch {
  look(): void
  stop(): Promise<void>
}

interface EpochWatchOptions {
  db: Database
  log: Logger
  onPresent(epoch: HubEpoch): void
  retryDelayMs?: number
}

export const startEpochWatch = ({ db, log, onPresent, retryDelayMs = 1_000 }: EpochWatchOptions): EpochWatch => {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  let stopped = false

  const look = async (): Promise<void> => {
    try {
      const { epoch, begun } = await ensureEpoch(db)
      if (begun) log.warn({ epoch: epoch.epoch, reason: epoch.reason }, 'a new epoch of the hub’s data began')
      onPresent(epoch.epoch)
    } catch (error) {
      log.warn({ err: error }, 'could not see which epoch the database is in, looking again')
      if (!stopped) timer = setTimeout(again, retryDelayMs)
    }
  }
  const again = (): void => {
    clearTimeout(timer)
    looking = looking.then(look)
  }

  return {
    look: again,
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
