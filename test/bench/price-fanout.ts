/**
 * `price-fanout`: one price changes in 200 connected stores, in one transaction. From its commit until the last store has it in its
 * database, against a bare broadcast after one insert into the same PostgreSQL, from the
 * insert until the last of 200 bare clients heard of it. The stores are the engine's line and feeds on databases in memory; both sides'
 * clients are spread over two processes, and changes of both sides take turns. Ratio of the 99th percentiles.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import pino from 'pino'
import { feedChannel } from '#hub/catalogue/feed.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import type { Tables } from '#hub/storage/tables.ts'
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

const untilAll = async (clients: readonly LineProcess[], number: number, word: 'all' | 'shown' = 'all'): Promise<void> => {
  for (const each of clients) {
    const said = await each.next<Record<string, number>>()
    if (said[word] !== number) throw new Error(`expected ${word} of ${number}, got ${JSON.stringify(said)}`)
  }
}

/** What `writeFeed` does for one store, for all of them in three statements: what is measured begins with the commit. */
const writeEverywhere = async (trx: Kysely<Tables>, storeIds: readonly string[], number: number): Promise<void> => {
  const documents = storeIds.map((storeId) =>
    JSON.stringify(
      priceSchema.parse({
        ...{ priceId: `${storeId}-p`, itemId: 'MILK-1L', storeId, amountMinor: number, currency: 'EUR' },
        effectiveFrom: '2026-01-01T00:00:00.000Z',
      }),
    ),
  )
  await sql`insert into feed_head (feed, scope, checkpoint) select 'prices', s, ${number} from unnest(${storeIds}::text[]) s
    on conflict (feed, scope) do update set checkpoint = excluded.checkpoint`.execute(trx)
  await sql`insert into feed_entry (feed, scope, document_id, checkpoint, document)
    select 'prices', s, s || '-p', ${number}, d from unnest(${storeIds}::text[], ${documents}::text[]) t(s, d)
    on conflict (feed, scope, document_id) do update set checkpoint = excluded.checkpoint, document = excluded.document`.execute(trx)
  await sql`select pg_notify(${feedChannel}, 'prices|' || s || '|' || ${number - 1}::text) from unnest(${storeIds}::text[]) s`.execute(trx)
}

/** Milliseconds from the commit's beginning until all have it in their databases, and until all show it to their tills. */
const changePrices = async (db: Database, storeIds: readonly string[], clients: readonly LineProcess[], number: number) => {
  const trx = await db.startTransaction().execute()
  await writeEverywhere(trx, storeIds, number)
  const startedAt = performance.now()
  await trx.commit().execute()
  await untilAll(clients, number)
  const stored = performance.now() - startedAt
  await untilAll(clients, number, 'shown')
  return { stored, shown: performance.now() - startedAt }
}

const broadcast = async (bare: LineProcess, clients: readonly LineProcess[], number: number): Promise<number> => {
  const startedAt = performance.now()
  bare.tell(String(number))
  await untilAll(clients, number)
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
  const shown: number[] = []
  const theirs: number[] = []
  for (let number = 1; number <= warmUpChanges + changes; number++) {
    const our = await changePrices(db, storeIds, ourClients, number)
    const their = await broadcast(bare, bareClients, number)
    if (number <= warmUpChanges) continue
    ours.push(our.stored)
    shown.push(our.shown)
    theirs.push(their)
  }
  return { ours, shown, theirs }
}

const run: Benchmark['run'] = async (progress) => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-fanout-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
  const stops: Stops = []
  try {
    const { ours, shown, theirs } = await measure(postgres.url, dir, progress, stops)
    return {
      name: 'price-fanout',
      ratio: percentile(ours, 0.99) / percentile(theirs, 0.99),
      ceiling,
      p99Ms: rounded(percentile(ours, 0.99)),
      medianMs: rounded(median(ours)),
      p99MsShown: rounded(percentile(shown, 0.99)),
      medianMsShown: rounded(median(shown)),
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
