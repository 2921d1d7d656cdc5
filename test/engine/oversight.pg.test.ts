/** The real engine and a real hub on PostgreSQL look at each other: days, feeds, reports and support bundles, over a real socket. */
import { sign } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { expect, it, onTestFinished, vi } from 'vitest'
import { writeFeed } from '#hub/catalogue/feed.ts'
import type { Database } from '#hub/storage/database.ts'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { identitySchema } from '#sync/contract/config.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import { openStore } from '#sync/store/open-store.ts'
import { withDatabase } from '#test/hub/database.ts'
import { enrolModelDevice } from '#test/hub/model-device.ts'
import { type RunningHub, withHubs } from '#test/hub/running-hub.ts'
import { MemoryAgent } from './memory-agent.ts'
import { MemoryJournal, saleText } from './records.ts'

const server = withDatabase()
const startHub = withHubs()
const waitMs = 30_000
const day = '2026-03-02'
let engines = 0

const item = (n: number) =>
  itemSchema.parse({ itemId: `I${n}`, name: `Café ${n}`, barcodes: [`${4_000_000 + n}`], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })

const clock = {
  nowMs: Date.now,
  after: (ms: number, callback: () => void) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

const openStoreAt = async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  await db.transaction().execute((trx) =>
    writeFeed(
      trx,
      'items',
      '*',
      Array.from({ length: 3_000 }, (_, i) => item(i + 1)),
    ),
  )
  const hub = await startHub({ DATABASE_URL: url })
  const journal = new MemoryJournal(device.incarnation, device.deviceId)
  const agent = new MemoryAgent(() => journal)
  const views: ManagerView[] = []
  const logged: string[] = []
  engines += 1
  const name = `oversight${process.pid}x${engines}`
  const start = (): Promise<Engine> =>
    startEngine({
      ...{ journal, agent, clock, name, random: () => 0, storage: getRxStorageMemory() },
      signer: { sign: (text) => Promise.resolve(sign(null, Buffer.from(text), device.privateKey).toString('base64url')) },
      link: new SocketLink({ hubUrl: hub.url, onUnknown: () => undefined }),
      configuration: {
        identity: identitySchema.parse({ deviceId: device.deviceId, storeId: 'S1', storeName: 'One', currency: 'EUR', timeZone: 'UTC' }),
        agentVersion: '0.1.0',
      },
      plu: { publish: () => Promise.resolve() },
      view: { publish: (view) => Promise.resolve(void views.push(view)) },
      log: (level, message) => void logged.push(`${level}: ${message}`),
    })
  const engine = await start()
  let isOpen = true
  const close = async (): Promise<void> => {
    if (isOpen) await engine.close()
    isOpen = false
  }
  onTestFinished(close)
  const untilSent = (): Promise<unknown> =>
    vi.waitFor(() => expect(engine.status().ackedSeq).toBe(journal.records.length), { timeout: waitMs })
  return { db, device, hub, journal, agent, views, logged, engine, close, untilSent, name }
}

const ask = (hub: RunningHub, deviceId: string, what: string) => hub.post(`/v1/devices/${deviceId}/ask`, { what })

const comparison = (db: Database) => db.selectFrom('day_comparison').select(['outcome', 'count', 'filled_in']).executeTakeFirst()
const totals = async (db: Database) =>
  (
    await sql<{ count: number; sum: number }>`select count(*)::int as count, sum(grand_minor)::int as sum from sales_transaction`.execute(
      db,
    )
  ).rows[0]

it('[TRN22] what the hub’s log lost comes back from the store, counts once, and the day agrees again', async () => {
  const { db, device, hub, journal, views, untilSent } = await openStoreAt()
  journal.appendSales(700)
  await untilSent()
  await vi.waitFor(async () => expect(await totals(db)).toEqual({ count: 700, sum: 70_000 }), { timeout: waitMs })
  const compareUntil = (outcome: object): Promise<unknown> =>
    vi.waitFor(
      async () => {
        await ask(hub, device.deviceId, 'compare')
        expect(await comparison(db)).toMatchObject(outcome)
      },
      { timeout: waitMs, interval: 500 },
    )
  await compareUntil({ outcome: 'agrees', count: 700 })
  await sql`delete from sales_transaction where natural_key in (select natural_key from record_log where seq between 100 and 399)`.execute(
    db,
  )
  await sql`delete from record_log where seq between 100 and 399`.execute(db)
  await compareUntil({ outcome: 'agrees', count: 700, filled_in: 300 })
  expect(await totals(db)).toEqual({ count: 700, sum: 70_000 })
  await vi.waitFor(() => expect(views.at(-1)?.sync?.compared).toMatchObject({ days: 1, differing: [] }), { timeout: waitMs })
  const kinds = (await db.selectFrom('exception').select('kind').execute()).map(({ kind }) => kind)
  expect(kinds).toContain('RECORDS_RESENT')
})

it('[TRN22] a log that was altered differs, is left as it is, and both sides say so', async () => {
  const { db, device, hub, journal, views, untilSent } = await openStoreAt()
  for (let n = 1; n <= 5; n++) journal.append(saleText(n))
  await untilSent()
  await sql`update record_log set payload_hash = reverse(payload_hash) where seq = 3`.execute(db)
  await vi.waitFor(
    async () => {
      await ask(hub, device.deviceId, 'compare')
      expect(await comparison(db)).toMatchObject({ outcome: 'differs' })
    },
    { timeout: waitMs, interval: 500 },
  )
  await vi.waitFor(() => expect(views.at(-1)?.sync?.compared?.differing).toEqual([day]), { timeout: waitMs })
  expect((await db.selectFrom('exception').select('kind').execute()).map(({ kind }) => kind)).toContain('RECORDS_DIFFER')
})

it('[TRN23] a store whose items differ from the hub’s reads those ranges again', async () => {
  const { db, device, hub, logged, engine, close, name } = await openStoreAt()
  await vi.waitFor(() => expect(logged.some((line) => line.includes('online'))).toBe(true), { timeout: waitMs })
  const compare = async (times: number): Promise<void> => {
    await vi.waitFor(
      async () => {
        await ask(hub, device.deviceId, 'compare')
        expect(logged.filter((line) => line.includes('read again'))).toHaveLength(times)
      },
      { timeout: waitMs, interval: 1_000 },
    )
  }
  // The whole of it is here, or what differs later would come with the load.
  await vi.waitFor(
    async () => {
      await ask(hub, device.deviceId, 'report')
      const [told] = await db.selectFrom('device_report').select('report').execute()
      expect(JSON.parse(told?.report ?? '{}')).toMatchObject({ feeds: { items: 3_000 } })
    },
    { timeout: waitMs, interval: 200 },
  )
  await compare(0)
  // Behind the feed's back, as a fault of ours would.
  await sql`update feed_entry set document = replace(document, 'Café 1500', 'Tea 1500') where document_id = 'I1500'`.execute(db)
  await sql`delete from feed_entry where document_id = 'I2500'`.execute(db)
  await compare(2)
  expect(await engine.lookup('none')).toBeNull()
  await close()
  const store = await openStore({ storage: getRxStorageMemory(), name })
  const docs = new Map((await store.feeds.items.all()).map((doc) => [doc.id, doc.document['name']]))
  await store.close()
  expect([docs.size, docs.get('I1500'), docs.has('I2500')]).toEqual([2_999, 'Tea 1500', false])
})

it('[OPS5] [OPS7] the hub hears how the store fares, and gets a bundle once the manager said yes', async () => {
  const { device, hub, journal, agent, engine, untilSent } = await openStoreAt()
  journal.appendSales(3)
  await untilSent()
  const devices = async () => ((await hub.get('/v1/devices')).body as { devices: { report: Record<string, unknown> | null }[] }).devices
  await vi.waitFor(async () => {
    await ask(hub, device.deviceId, 'report')
    expect((await devices())[0]?.report).toMatchObject({
      agentVersion: '0.1.0',
      platform: 'Linux 6.1 x64',
      pendingRecords: 0,
      disk: { state: 'roomy' },
    })
  }, waitMs)
  const { body } = await hub.post(`/v1/devices/${device.deviceId}/diagnostics`, { reason: 'prices arrive late' })
  const { requestId } = body as { requestId: string }
  await vi.waitFor(() => expect(agent.requests).toContainEqual({ requestId, reason: 'prices arrive late' }), { timeout: waitMs })
  const bundle = gzipSync(Buffer.from(Array.from({ length: 120_000 }, (_, i) => `${Math.sin(i)}\n`).join('')))
  await vi.waitFor(
    async () => expect(await engine.sendDiagnostics({ requestId, bundle: bundle.toString('base64') })).toEqual({ outcome: 'sent' }),
    { timeout: waitMs },
  )
  const answer = await fetch(`${hub.url}/v1/devices/${device.deviceId}/diagnostics/${requestId}/bundle`, {
    headers: { authorization: `Bearer ${hub.operatorToken}` },
  })
  expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).equals(gunzipSync(bundle))).toBe(true)
  expect(bundle.length).toBeGreaterThan(500_000)
})
