/** A real PostgreSQL for one test file, and a fresh migrated database for whoever asks: a copy of a template, in milliseconds. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { migrate } from '#hub/storage/migrate.ts'
import pg from 'pg'
import pino from 'pino'
import { afterAll, beforeAll } from 'vitest'

export interface TestDatabase {
  url: string
  db: Database
  /** A second pool on the same database: another hub process, as far as PostgreSQL can tell. */
  anotherPool(): Database
}

export interface TestServer {
  /** A migrated, empty database of its own. */
  fresh(): Promise<TestDatabase>
  /** An empty one without our schema. */
  unmigrated(): Promise<TestDatabase>
  /** As it is now: a backup, restored beside it. Other connections to it are ended. */
  copyOf(database: TestDatabase): Promise<TestDatabase>
  restart(): Promise<void>
}

/** Call at the top of a `*.pg.test.ts`; the server lives as long as the file's tests. */
export const withDatabase = (): TestServer => {
  const state: { dir?: string; server?: EmbeddedPostgres; templateMade: boolean; count: number; pools: Database[] } = {
    templateMade: false,
    count: 0,
    pools: [],
  }
  // A fixed port, so that a restarted server is found where it was.
  const start = async (port?: string): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir: join(state.dir ?? '', 'data'), log: pino({ level: 'silent' }), settings: port ? { port } : {} })

  const running = (): EmbeddedPostgres => {
    if (!state.server) throw new Error('the test database is not started yet')
    return state.server
  }
  const urlOf = (database: string): string => Object.assign(new URL(running().url), { pathname: `/${database}` }).href

  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: running().url })
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  const open = (url: string): Database => {
    const db = openDatabase(url, { maxConnections: 8 })
    state.pools.push(db)
    return db
  }
  const create = async (template: string): Promise<TestDatabase> => {
    const name = `test_${++state.count}`
    await administer(`create database ${name} template ${template}`)
    const url = urlOf(name)
    return { url, db: open(url), anotherPool: () => open(url) }
  }

  beforeAll(async () => {
    state.dir = await mkdtemp(join(tmpdir(), 'tideline-pg-'))
    state.server = await start()
  })
  afterAll(async () => {
    await Promise.all(state.pools.map((pool) => pool.destroy()))
    await state.server?.stop()
    if (!state.dir) return
    await removeEmbeddedPostgres(join(state.dir, 'data'))
    await rm(state.dir, { recursive: true, force: true })
  })

  return {
    unmigrated: () => create('template0'),
    fresh: async () => {
      if (!state.templateMade) {
        await administer('create database migrated')
        const db = openDatabase(urlOf('migrated'))
        await migrate(db)
        await db.destroy()
        state.templateMade = true
      }
      return create('migrated')
    },
    copyOf: async ({ url }) => {
      const name = new URL(url).pathname.slice(1)
      await administer(`alter database ${name} allow_connections false`)
      await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
      return create(name).finally(() => administer(`alter database ${name} allow_connections true`))
    },
    restart: async () => {
      const { port } = new URL(running().url)
      await running().stop()
      state.server = await start(port)
    },
  }
}
