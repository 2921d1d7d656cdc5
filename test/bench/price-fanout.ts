/**
 * `price-fanout`: one price changes in 200 connected stores, in one transaction. From its commit until the last store has it in its
 * database, and shown as one with items and assortment, against a bare broadcast after one insert into the same PostgreSQL, from the
 * insert until the last of 200 bare clients heard of it. The stores are the engine's line and feeds on databases in memory; both sides'
 * clients are spread over two processes, and changes of both sides take turns. Ratio of the 99th percentiles.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { writeFeed } from '#hub/catalogue/feed.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { priceSchema } from '#sync/contract/catalogue.ts'
import { enrolModelDevice } from '../hub/model-device.ts'
import type { Benchmark } from './benchmark.ts'
import type { FanoutOrder, FanoutStore } from './fanout-clients.ts'
import { median, percentile, rounded } from './figures.ts'
import { startHubProcess } from './hub-process.ts'
import { type LineProcess, startLineProcess } from './line-process.ts'

const stores = 200
const processes = 2
const changes = 100
const warmUpChanges = 20
const ceiling = 3

type Stops = (() => Promise<unknown>)[]

const enrol = async (db: Database): Promise<FanoutStore[]> => {
  const enrolled: FanoutStore[] = []
  for (let n = 0; n < stores; n++) {
    const { storeId, deviceId, incarnation, privateKey } = await enrolModelDevice(db, `S${String(n).padStart(3, '0')}`)
    enrolled.push({ storeId, deviceId, incarnation, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() })
  }
  return enrolled
}

const startClients = async (orders: readonly FanoutOrder[], stops: Stops): Promise<LineProcess[]> => {
  const started = orders.map(() => startLineProcess(['test/bench/fanout-clients.ts']))
  for (const each of started) stops.push(() => each.stop())
  for (const [n, each] of started.entries()) each.tell(JSON.stringify(orders[n]))
  await Promise.all(started.map((each) => each.next()))
  return started
}

const allHave = async (clients: readonly LineProcess[], number: number): Promise<void> => {
  for (const each of clients) {
    const { all } = await each.next<{ all: number }>()
    if (all !== number) throw new Error(`all have ${all}, not ${number}`)
  }
}

/** Milliseconds from the commit's beginning until all have it. */
const changePrices = async (
  db: Database,
  storeIds: readonly string[],
  clients: readonly LineProcess[],
  number: number,
): Promise<number> => {
  const price = (storeId: string) =>
    priceSchema.parse({
      ...{ priceId: `${storeId}-p`, itemId: 'MILK-1L', storeId, amountMinor: number, currency: 'EUR' },
      effectiveFrom: '2026-01-01T00:00:00.000Z',
    })
  const trx = await db.startTransaction().execute()
  for (const storeId of storeIds) await writeFeed(trx, 'prices', storeId, [price(storeId)])
  const startedAt = performance.now()
  await trx.commit().execute()
  await allHave(clients, number)
  return performance.now() - startedAt
}

const broadcast = async (bare: LineProcess, clients: readonly LineProcess[], number: number): Promise<number> => {
  const startedAt = performance.now()
  bare.tell(String(number))
  await allHave(clients, number)
  return performance.now() - startedAt
}

const measure = async (url: string, dir: string, progress: (line: string) => void, stops: Stops) => {
  const db = openDatabase(url)
  stops.push(() => db.destroy())
  await migrate(db)
  const enrolled = await enrol(db)
  const environment = { DATABASE_URL: url, TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: join(dir, 'hub') }
  const hub = await startHubProcess(['hub/server.ts', '--json-ready'], {
    ...environment,
    ...{ TIDELINE_LOG: 'error', TIDELINE_ERP: 'none', TIDELINE_ROLES: 'gateway' },
  })
  stops.push(() => hub.stop())
  const bare = startLineProcess(['test/bench/bare-broadcast.ts', url])
  stops.push(() => bare.stop())
  const bareUrl = (await bare.next<{ url: string }>()).url
  const share = stores / processes
  const each = Array.from({ length: processes }, (_, n) => n)
  const ourClients = await startClients(
    each.map((n) => ({ side: 'stores', hubUrl: hub.url, stores: enrolled.slice(n * share, (n + 1) * share) })),
    stops,
  )
  const bareClients = await startClients(
    each.map(() => ({ side: 'bare', url: bareUrl, count: share })),
    stops,
  )
  progress(`${stores} stores and ${stores} bare clients are connected`)
  const storeIds = enrolled.map((store) => store.storeId)
  const ours: number[] = []
  const theirs: number[] = []
  for (let number = 1; number <= warmUpChanges + changes; number++) {
    const our = await changePrices(db, storeIds, ourClients, number)
    const their = await broadcast(bare, bareClients, number)
    if (number <= warmUpChanges) continue
    ours.push(our)
    theirs.push(their)
  }
  return { ours, theirs }
}

const run: Benchmark['run'] = async (progress) => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-fanout-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
  const stops: Stops = []
  try {
    const { ours, theirs } = await measure(postgres.url, dir, progress, stops)
    return {
      name: 'price-fanout',
      ratio: percentile(ours, 0.99) / percentile(theirs, 0.99),
      ceiling,
      p99Ms: rounded(percentile(ours, 0.99)),
      medianMs: rounded(median(ours)),
      p99MsBare: rounded(percentile(theirs, 0.99)),
      medianMsBare: rounded(median(theirs)),
      ratioOfMedians: rounded(median(ours) / median(theirs)),
      stores,
      changes,
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
    await postgres.stop()
    await removeEmbeddedPostgres(join(dir, 'database'))
    await rm(dir, { recursive: true, force: true })
  }
}

export const priceFanout: Benchmark = {
  name: 'price-fanout',
  compares:
    'a price changed in 200 connected stores: until the last store has it, against a bare broadcast after one insert, 99th percentiles',
  run,
}
