/** Our hub and the simplest one, each a process of its own, on one PostgreSQL (fsync on). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import pino from 'pino'
import { type HubProcess, startHubProcess } from './hub-process.ts'

export interface TwoHubs {
  db: Database
  hub: HubProcess
  simplest: HubProcess
}

/** All of it is gone when the work has ended. */
export const withTwoHubs = async <T>(work: (hubs: TwoHubs) => Promise<T>): Promise<T> => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-bench-'))
  const stops: (() => Promise<unknown>)[] = [
    () => rm(dir, { recursive: true, force: true }),
    () => removeEmbeddedPostgres(join(dir, 'database')),
  ]
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
    stops.push(() => postgres.stop())
    const db = openDatabase(postgres.url)
    stops.push(() => db.destroy())
    await migrate(db)
    const hub = await startHubProcess(['hub/server.ts', '--json-ready'], {
      ...{ DATABASE_URL: postgres.url, TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: join(dir, 'hub'), TIDELINE_LOG: 'error' },
      ...{ TIDELINE_ERP: 'none', TIDELINE_ROLES: 'gateway' },
    })
    stops.push(() => hub.stop())
    const simplest = await startHubProcess(['test/bench/simplest-hub.ts', postgres.url])
    stops.push(() => simplest.stop())
    return await work({ db, hub, simplest })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

export const requireLogged = async (db: Database, expected: number): Promise<void> => {
  const logged = await db.selectFrom('record_log').select(db.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  if (logged.count !== expected) throw new Error(`the log holds ${logged.count} records, not ${expected}`)
}
