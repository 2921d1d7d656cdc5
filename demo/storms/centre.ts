/**
 * The centre: PostgreSQL, a hub process and the reference ERP. The database can be copied and put back within the same cluster, which
 * no hub can notice from the database itself.
 */
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { checkoutRoot } from '../../scripts/root.ts'
import { type DemoErp, openReferenceErp } from '../erp.ts'
import { freePort } from '../free-port.ts'
import { callHub, type DemoStore, openStoreAtHub, startHubProcess } from '../hub-process.ts'

export interface Centre {
  hubPort: number
  hubUrl: string
  databaseUrl: string
  erp: DemoErp
  openStore(store: DemoStore): Promise<string>
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  restartHub(): Promise<void>
  /** What a backup at night does. The hub rests meanwhile. */
  copyDatabase(): Promise<void>
  /** What an operator does after a broken disk: last night's copy takes the database's place. */
  restoreDatabase(): Promise<void>
  stop(): Promise<void>
}

const live = 'tideline'
const copy = 'last_night'

const onServer = async <Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

export const openCentre = async (dir: string): Promise<Centre> => {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
    stops.push(() => postgres.stop())
    await onServer(postgres.url, `create database ${live}`)
    const databaseUrl = postgres.url.replace(/\/postgres$/, `/${live}`)
    const erp = await openReferenceErp(join(dir, 'erp'), 0, { latencyMs: 3, faultRate: 0.01 })
    stops.push(() => erp.stop())
    const hubPort = await freePort()
    const setup = { checkout: checkoutRoot, dir, erp: erp.access, port: hubPort, databaseUrl }
    let hub = await startHubProcess(setup)
    stops.push(() => hub.stop())

    const whileHubRests = async (statements: readonly string[]): Promise<void> => {
      await hub.stop()
      await onServer(postgres.url, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [live])
      for (const statement of statements) await onServer(postgres.url, statement)
      hub = await startHubProcess(setup)
    }
    return {
      ...{ hubPort, databaseUrl, erp, stop },
      hubUrl: hub.ready.url,
      openStore: (store) => openStoreAtHub(hub, store),
      call: (method, path, body) => callHub(hub, method, path, body),
      query: (text, values) => onServer(databaseUrl, text, values),
      restartHub: () => whileHubRests([]),
      copyDatabase: () => whileHubRests([`create database ${copy} template ${live}`]),
      restoreDatabase: () => whileHubRests([`drop database ${live}`, `create database ${live} template ${copy}`]),
    }
  } catch (error) {
    await stop()
    throw error
  }
}
