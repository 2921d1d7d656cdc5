/** Our hub and the simplest one, each a process of its own, on one PostgreSQL (fsync on). */
import { join } from 'node:path'
import type { Database } from '#hub/storage/database.ts'
import { withBenchDatabase } from './bench-database.ts'
import { type HubProcess, startHubProcess } from './hub-process.ts'

export interface TwoHubs {
  db: Database
  hub: HubProcess
  simplest: HubProcess
}

/** All of it is gone when the work has ended. */
export const withTwoHubs = <T>(work: (hubs: TwoHubs) => Promise<T>): Promise<T> =>
  withBenchDatabase(async (db, url, dir) => {
    const stops: (() => Promise<unknown>)[] = []
    try {
      const hub = await startHubProcess(['hub/server.ts', '--json-ready'], {
        ...{ DATABASE_URL: url, TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: join(dir, 'hub'), TIDELINE_LOG: 'error' },
        ...{ TIDELINE_ERP: 'none', TIDELINE_ROLES: 'gateway' },
      })
      stops.push(() => hub.stop())
      const simplest = await startHubProcess(['test/bench/simplest-hub.ts', url])
      stops.push(() => simplest.stop())
      return await work({ db, hub, simplest })
    } finally {
      for (const stop of stops.reverse()) await stop()
    }
  })

export const requireLogged = async (db: Database, expected: number): Promise<void> => {
  const logged = await db.selectFrom('record_log').select(db.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  if (logged.count !== expected) throw new Error(`the log holds ${logged.count} records, not ${expected}`)
}
