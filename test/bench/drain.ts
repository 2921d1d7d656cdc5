/**
 * `drain`: one store sends 20,000 waiting transactions of about 1 kB. The ratio: the engine in Node on memory storage into our hub,
 * against the simplest client into the simplest hub, in turn, on one PostgreSQL (fsync on). Then the engine's page in Chromium, in
 * strict durability, end to end until watermark and view say so: into a gateway, and once into a whole hub that merges meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { openDatabase, type Database } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { EnginePages } from '../engine/engine-page.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { drainFromChromium, drainFromNode, drainFromSimplestClient } from './drain-sides.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import { openWaitingStore } from './waiting-store.ts'

const transactions = 20_000
const rounds = 3
const floor = 0.6
const chromiumTarget = 4_000

type Progress = (line: string) => void
type Stops = (() => Promise<unknown>)[]

const rounded = (values: readonly number[]): number[] => values.map((v) => Math.round(v))

const openMigrated = async (url: string, stops: Stops): Promise<Database> => {
  const db = openDatabase(url)
  stops.push(() => db.destroy())
  await migrate(db)
  return db
}

const startOurs = async (url: string, dir: string, roles: string, stops: Stops): Promise<HubProcess> => {
  const environment = {
    DATABASE_URL: url,
    TIDELINE_HUB_PORT: '0',
    TIDELINE_HUB_DATA: dir,
    TIDELINE_LOG: 'error',
    TIDELINE_ERP: 'none',
    TIDELINE_ROLES: roles,
  }
  const hub = await startHubProcess(['hub/server.ts', '--json-ready'], environment)
  stops.push(() => hub.stop())
  return hub
}

const requireLogged = async (db: Database, expected: number): Promise<void> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from record_log where verdict = 'accepted'`.execute(db)
  if (rows[0]?.count !== expected) throw new Error(`the log holds ${rows[0]?.count ?? 0} accepted records, not ${expected}`)
}

const compareInNode = async (url: string, dir: string, progress: Progress): Promise<{ ours: number[]; simplest: number[] }> => {
  const stops: Stops = []
  try {
    const db = await openMigrated(url, stops)
    const hub = await startOurs(url, join(dir, 'hub'), 'gateway', stops)
    const simplestHub = await startHubProcess(['test/bench/simplest-hub.ts', url])
    stops.push(() => simplestHub.stop())
    const ours: number[] = []
    const simplest: number[] = []
    // The first pair warms all processes and does not count.
    for (let round = 0; round <= rounds; round++) {
      const store = await openWaitingStore(db, `S${round}`, transactions)
      const our = await drainFromNode(hub.url, store)
      const their = await drainFromSimplestClient(simplestHub.url, store)
      progress(`${round === 0 ? 'warm-up' : `round ${round}`}: engine in Node ${Math.round(our)}/s, simplest ${Math.round(their)}/s`)
      if (round > 0) ours.push(our)
      if (round > 0) simplest.push(their)
    }
    await requireLogged(db, transactions * (rounds + 1))
    return { ours, simplest }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const measureChromium = async (url: string, dir: string, roles: string, times: number, progress: Progress): Promise<number[]> => {
  const stops: Stops = []
  try {
    const db = await openMigrated(url, stops)
    const hub = await startOurs(url, join(dir, 'hub'), roles, stops)
    const pages = await EnginePages.open()
    stops.push(() => pages.close())
    const rates: number[] = []
    for (let round = 1; round <= times; round++) {
      const store = await openWaitingStore(db, `C${round}`, transactions)
      rates.push(await drainFromChromium(pages, hub.url, store))
      progress(`round ${round}: engine in Chromium, strict, into ${roles}: ${Math.round(rates.at(-1) ?? 0)}/s`)
    }
    await requireLogged(db, transactions * times)
    return rates
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const otherDatabase = async (url: string, name: string): Promise<string> => {
  const db = openDatabase(url)
  await sql`create database ${sql.ref(name)}`.execute(db)
  await db.destroy()
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}

const run: Benchmark['run'] = async (progress) => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-drain-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
  try {
    const { ours, simplest } = await compareInNode(postgres.url, dir, progress)
    const chromium = await measureChromium(await otherDatabase(postgres.url, 'chromium'), dir, 'gateway', rounds, progress)
    const wholeHub = await measureChromium(await otherDatabase(postgres.url, 'whole_hub'), dir, 'gateway,worker', 1, progress)
    return {
      name: 'drain',
      ratio: median(ours) / median(simplest),
      floor,
      perSecondChromium: Math.round(median(chromium)),
      perSecondChromiumTarget: chromiumTarget,
      perSecondChromiumIntoWholeHub: Math.round(median(wholeHub)),
      perSecondNode: Math.round(median(ours)),
      perSecondSimplest: Math.round(median(simplest)),
      transactions,
      rounds,
      chromiumRounds: rounded(chromium),
      nodeRounds: rounded(ours),
      simplestRounds: rounded(simplest),
    }
  } finally {
    await postgres.stop()
    await removeEmbeddedPostgres(join(dir, 'database'))
    await rm(dir, { recursive: true, force: true })
  }
}

export const drain: Benchmark = {
  name: 'drain',
  compares:
    'one store sending 20,000 waiting transactions: the engine in Node against the simplest client and hub; and the engine in Chromium, per second',
  run,
}
