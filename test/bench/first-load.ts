/**
 * `first-load`: a new store receives 100,000 items from a real hub, in Chromium, in strict durability: the engine's page as it ships,
 * from its welcome until the list of prices is handed to main, against Dexie's bulkAdd of the very rows that the engine wrote, which
 * are in the browser's memory already, into a table with the same indexes. In turn, in one browser and profile. Besides, how large the
 * page's JavaScript grew.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { BrowserContext } from 'playwright'
import pino from 'pino'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { EnginePages } from '../engine/engine-page.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { startHubProcess } from './hub-process.ts'
import { fillByDexie, holdEngineRows, wipeDatabases } from './rebuild-sides.ts'
import { openWaitingStore, type WaitingStore } from './waiting-store.ts'

const items = 100_000
const rounds = 3
const floor = 0.7
/** As many as the engine asks for at once. */
const pageSize = 2_000
const pollMs = 5

const rounded = (values: readonly number[]): number[] => values.map((v) => Math.round(v))

const fillCatalogue = async (db: Database): Promise<void> => {
  const named = itemSchema.parse({
    ...{ itemId: 'I0', name: 'Organic whole milk 3.5 %, one litre', barcodes: ['4000000000000'] },
    ...{ unit: 'each', taxCode: 'A', taxRateMicro: 70_000 },
  })
  await sql`insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select 'items', '*', 'I' || n, n, replace(replace(${JSON.stringify(named)}, '"I0"', '"I' || n || '"'), '4000000000000', (4000000000000 + n)::text)
    from generate_series(1, ${items}::int) n`.execute(db)
  await sql`insert into feed_head (feed, scope, checkpoint) values ('items', '*', ${items})`.execute(db)
}

const loadByEngine = async (
  context: BrowserContext,
  pages: EnginePages,
  hubUrl: string,
  store: WaitingStore,
): Promise<{ rate: number; heapMb: number }> => {
  let startedAt = Number.NaN
  const sign = (text: string): Promise<string> => {
    startedAt = performance.now()
    return store.sign(text)
  }
  const configuration = { hubUrl, identity: store.identity, agentVersion: 'bench' }
  const engine = await pages.openIn(context, { journal: store.journal, configuration, sign })
  try {
    while (engine.published.length === 0) await delay(pollMs)
    const rate = items / ((performance.now() - startedAt) / 1_000)
    const { lax } = await engine.writes()
    if (lax > 0) throw new Error(`${lax} writes were not strictly durable`)
    const stored = await engine.count('items')
    if (stored !== items) throw new Error(`the local database holds ${stored} items, not ${items}`)
    return { rate, heapMb: Math.round((await engine.heapBytes()) / 1_000_000) }
  } finally {
    await engine.closePage()
  }
}

const runRounds = async (hubUrl: string, store: WaitingStore, progress: (line: string) => void) => {
  const pages = await EnginePages.open()
  const context = await pages.browser()
  const all: { engine: number; dexie: number; heapMb: number }[] = []
  try {
    // The first pair warms all processes and does not count.
    for (let round = 0; round <= rounds; round++) {
      const { rate, heapMb } = await loadByEngine(context, pages, hubUrl, store)
      const page = await holdEngineRows(context, pages, pageSize, 'items')
      await wipeDatabases(context, pages)
      const dexie = await fillByDexie(page, 'same', items)
      await page.close()
      if (round > 0) all.push({ engine: rate, dexie, heapMb })
      const name = round === 0 ? 'warm-up' : `round ${round}`
      progress(`${name}: engine ${Math.round(rate)}/s, Dexie with the same rows ${Math.round(dexie)}/s, heap ${heapMb} MB`)
    }
  } finally {
    await context.close()
    await pages.close()
  }
  return all
}

const run: Benchmark['run'] = async (progress) => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-first-load-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
  const stops: (() => Promise<unknown>)[] = []
  try {
    const db = openDatabase(postgres.url)
    stops.push(() => db.destroy())
    await migrate(db)
    await fillCatalogue(db)
    const store = await openWaitingStore(db, 'S1', 1)
    const environment = { DATABASE_URL: postgres.url, TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: join(dir, 'hub') }
    const quiet = { TIDELINE_LOG: 'error', TIDELINE_ERP: 'none', TIDELINE_ROLES: 'gateway' }
    const hub = await startHubProcess(['hub/server.ts', '--json-ready'], { ...environment, ...quiet })
    stops.push(() => hub.stop())
    const all = await runRounds(hub.url, store, progress)
    const of = (side: 'engine' | 'dexie' | 'heapMb'): number[] => all.map((each) => each[side])
    return {
      name: 'first-load',
      ratio: median(of('engine')) / median(of('dexie')),
      floor,
      perSecondEngine: Math.round(median(of('engine'))),
      perSecondDexie: Math.round(median(of('dexie'))),
      heapMb: Math.max(...of('heapMb')),
      items,
      rounds,
      engineRounds: rounded(of('engine')),
      dexieRounds: rounded(of('dexie')),
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
    await postgres.stop()
    await removeEmbeddedPostgres(join(dir, 'database'))
    await rm(dir, { recursive: true, force: true })
  }
}

export const firstLoad: Benchmark = {
  name: 'first-load',
  compares:
    '100,000 items for a new store: from a real hub into the engine in Chromium, against bulkAdd of Dexie, per second, both strictly durable',
  run,
}
