/** Keeps every projection reading: woken by the log's NOTIFY, with slow polling as the safety net. */
import type { Logger } from 'pino'
import { logChannel } from '../intake/transaction-log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { databaseFailure } from '../storage/failure.ts'
import type { Clock } from '#sync/core/ports.ts'
import { type Bell, createBell } from '../bell.ts'
import { type Listener, startListener } from '../storage/listener.ts'
import { systemClock } from '../system-clock.ts'
import { drainProjection } from './advance.ts'
import type { Projection } from './projection.ts'

export interface MergeOptions {
  db: Database
  databaseUrl: string
  /** LISTEN on a channel; without it on a connection of its own to `databaseUrl`. */
  listen?: (channel: string, onNotify: () => void) => Pick<Listener, 'stop'>
  projections: readonly Projection[]
  log: Logger
  metrics: HubMetrics
  /** A projection took records, and committed them. */
  onMerged?: (projection: string) => void
  pollMs?: number
  /** How many streams each projection reads at the same time. */
  lanes?: number
  clock?: Clock
}

/** Records that come in meanwhile are taken together: a look that finds a few costs as much as one that finds many. */
const restMs = { urgent: 10, patient: 100 }
const manyRecords = 200

export const startMergeWorker = ({
  db,
  databaseUrl,
  projections,
  log,
  metrics,
  onMerged = () => undefined,
  pollMs = 2_000,
  lanes = 1,
  clock = systemClock,
  listen = (channel, onNotify) => startListener({ url: databaseUrl, log, channels: { [channel]: onNotify }, onListening: onNotify }),
}: MergeOptions): { stop(): Promise<void> } => {
  let stopping = false
  const bells = projections.map(() => createBell(clock))
  const ringAll = (): void => {
    for (const bell of bells) bell.ring()
  }
  const listener = listen(logChannel, ringAll)

  const keepReading = async (projection: Projection, bell: Bell, resting: Bell): Promise<void> => {
    const onTaken = (count: number): void => {
      metrics.mergedRecords.inc({ projection: projection.name }, count)
      if (count > 0) onMerged(projection.name)
    }
    const pauseMs = projection.isUrgent ? restMs.urgent : restMs.patient
    const rest = async (taken: number): Promise<void> => {
      if (taken < manyRecords && !stopping) await resting.wait(pauseMs)
    }
    while (!stopping) {
      await drainProjection(db, projection, { onTaken, between: rest, lanes }).catch((error: unknown) => {
        const details = { err: error, projection: projection.name }
        if (databaseFailure(error) === 'fault') log.error(details, 'a projection stands still')
        else log.warn(details, 'a projection waits for the database')
      })
      if (!stopping) await bell.wait(pollMs)
    }
  }
  const rests = projections.map(() => createBell(clock))
  const loops = projections.map((projection, index) =>
    keepReading(projection, bells[index] ?? createBell(clock), rests[index] ?? createBell(clock)),
  )

  return {
    stop: async () => {
      stopping = true
      ringAll()
      for (const rest of rests) rest.ring()
      await Promise.all([listener.stop(), ...loops])
    },
  }
}
