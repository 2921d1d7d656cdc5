/** Keeps every projection reading: woken by the log's NOTIFY, with slow polling as the safety net. */
import type { Logger } from 'pino'
import { logChannel } from '../intake/accept-batch.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure } from '../storage/failure.ts'
import { startListener } from '../storage/listener.ts'
import { drainProjection } from './advance.ts'
import type { Projection } from './projection.ts'

export interface MergeOptions {
  db: Database
  databaseUrl: string
  projections: readonly Projection[]
  log: Logger
  metrics: HubMetrics
  pollMs?: number
}

export const startMergeWorker = ({
  db,
  databaseUrl,
  projections,
  log,
  metrics,
  pollMs = 2_000,
}: MergeOptions): { stop(): Promise<void> } => {
  let stopping = false
  const bells = projections.map(() => createBell())
  const ringAll = (): void => {
    for (const bell of bells) bell.ring()
  }
  const listener = startListener({ url: databaseUrl, log, channels: { [logChannel]: ringAll }, onListening: ringAll })

  const keepReading = async (projection: Projection, bell: Bell): Promise<void> => {
    while (!stopping) {
      await drainProjection(db, projection, (count) => metrics.mergedRecords.inc({ projection: projection.name }, count)).catch(
        (error: unknown) => {
          const details = { err: error, projection: projection.name }
          if (databaseFailure(error) === 'fault') log.error(details, 'a projection stands still')
          else log.warn(details, 'a projection waits for the database')
        },
      )
      if (!stopping) await bell.wait(pollMs)
    }
  }
  const loops = projections.map((projection, index) => keepReading(projection, bells[index] ?? createBell()))

  return {
    stop: async () => {
      stopping = true
      ringAll()
      await Promise.all([listener.stop(), ...loops])
    },
  }
}

interface Bell {
  ring(): void
  wait(timeoutMs: number): Promise<void>
}

/** A ring between two waits is not lost. */
const createBell = (): Bell => {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    wait: async (timeoutMs) => {
      if (!rung) {
        await new Promise<void>((settle) => {
          const timer = setTimeout(settle, timeoutMs)
          wake = () => {
            clearTimeout(timer)
            settle()
          }
        })
      }
      rung = false
      wake = null
    },
  }
}
