/**
 * What outlives a restart: bytes by day, and what transfers have shown. Written behind, at most every `writeEveryMs`, and at the end; a
 * crash forgets no more than that.
 */
import type { Usage } from '#sync/core/day-usage.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { Pace } from '#sync/core/traffic-pace.ts'
import type { Store } from '#sync/store/open-store.ts'
import { coalesce } from './coalesce.ts'
import { reasonOf, type EngineLog } from './log.ts'

const writeEveryMs = 15_000

export interface TrafficMemory {
  usage(): Usage
  putUsage(usage: Usage): void
  pace(): Pace
  putPace(pace: Pace): void
  close(): Promise<void>
}

export interface TrafficMemoryPorts {
  store: Pick<Store, 'positions'>
  clock: Clock
  log: EngineLog
}

export const openTrafficMemory = async ({ store, clock, log }: TrafficMemoryPorts): Promise<TrafficMemory> => {
  let known = await store.positions.traffic()
  let written = known
  let cancelTimer: (() => void) | null = null

  const write = async (): Promise<void> => {
    if (written === known) return
    const writing = known
    await store.positions.putTraffic(writing)
    written = writing
  }
  const writes = coalesce(clock, write, (error) =>
    log('warn', 'how much was sent could not be noted; trying again', { reason: reasonOf(error) }),
  )
  const put = (part: Partial<typeof known>): void => {
    known = { ...known, ...part }
    cancelTimer ??= clock.after(writeEveryMs, () => {
      cancelTimer = null
      void writes.run()
    })
  }
  return {
    usage: () => known.usage,
    putUsage: (usage) => put({ usage }),
    pace: () => known.pace,
    putPace: (pace) => {
      if (pace !== known.pace) put({ pace })
    },
    close: async () => {
      cancelTimer?.()
      cancelTimer = () => undefined
      await writes.run()
      await writes.close()
    },
  }
}
