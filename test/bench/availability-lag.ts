/**
 * `availability-lag`: 1,000 sales a second, of 50 stores, reach the hub as they are made; for each, the time from its acknowledgement until a
 * webhook has the figure of every item on it. A gateway
 * and a worker of the hub, PostgreSQL (fsync on), stores and receiver share the machine. Beside it, at the same
 * time, how long a bare NOTIFY takes from its call to its listener.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createSubscription } from '#hub/events/subscriptions.ts'
import type { Database } from '#hub/storage/database.ts'
import { startListener } from '#hub/storage/listener.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import { enrolModelDevice, type ModelDevice } from '#test/hub/model-device.ts'
import { sql } from 'kysely'
import pino from 'pino'
import type { Socket } from 'socket.io-client'
import { greet } from './bare-fleet.ts'
import { withBenchDatabase } from './bench-database.ts'
import type { Benchmark } from './benchmark.ts'
import { percentile, rounded } from './figures.ts'
import { startHubProcess } from './hub-process.ts'
import { type PublishedSales, watchPublishedSales } from './published-sales.ts'

const stores = 50
const perSecond = 1_000
const warmUpSeconds = 5
const seconds = 20
const boundMs = 250
const items = 2_000
const fastItems = 50
const linesEach = 4
const initialMilli = 100_000_000

/** The same in every run; half of what is sold are fast movers. */
const pick = (seed: number, of: number): number => (((Math.imul(seed + 1, 2_654_435_761) >>> 0) * of) / 2 ** 32) | 0
const itemOf = (sale: number, line: number): string =>
  `I${line % 2 === 0 ? pick(sale * 8 + line, fastItems) : fastItems + pick(sale * 8 + line, items - fastItems)}`

const itemsOf = (sale: number): string[] => [...new Set(Array.from({ length: linesEach }, (_, line) => itemOf(sale, line)))]

const basketOf = (sale: number) => {
  const lineItems = itemsOf(sale).map((itemId, index) => ({
    ...{ lineNumber: index + 1, kind: 'sale', itemId, description: itemId, quantityMilli: 1_000, unit: 'each' },
    ...{ unitPriceMinor: 100, discountMinor: 0, amountMinor: 100, voided: false },
  }))
  const grandMinor = lineItems.length * 100
  return {
    lineItems,
    tenders: [{ lineNumber: 5, kind: 'cash', amountMinor: grandMinor, voided: false }],
    taxes: [{ code: 'A', rateMicro: 70_000, taxableMinor: grandMinor, taxMinor: 0, inclusive: true }],
    totals: { netMinor: grandMinor, taxMinor: 0, grandMinor },
  }
}

/** Four weeks of sales behind the fast movers, some behind the others, and plenty on hand. */
const seedStock = async (db: Database): Promise<void> => {
  await sql`insert into item (item_id, name, barcodes, unit, tax_code, tax_rate_micro)
    select 'I' || i, 'Item', '{}', 'each', 'A', 70000 from generate_series(0, ${items - 1}::int) i`.execute(db)
  await sql`insert into stock_balance select 'S' || s, 'I' || i, ${initialMilli}
    from generate_series(0, ${stores - 1}::int) s, generate_series(0, ${items - 1}::int) i`.execute(db)
  await sql`insert into stock_movement select 'S' || s, 'S' || s || '|W|' || n, i, 'I' || i, -1000, current_date - n
    from generate_series(0, ${stores - 1}::int) s, generate_series(1, 27) n, generate_series(0, ${items - 1}::int) i
    where i < ${fastItems}::int or n <= 3`.execute(db)
  await sql`truncate availability_change`.execute(db)
  await sql`vacuum analyze`.execute(db)
}

const fill = async (db: Database): Promise<ModelDevice[]> => {
  const businessDay = new Date().toISOString().slice(0, 10)
  const devices: ModelDevice[] = []
  for (let n = 0; n < stores; n++) devices.push(await enrolModelDevice(db, `S${n}`))
  for (let sale = 0; sale < perSecond * (warmUpSeconds + seconds); sale++) {
    const device = devices[sale % stores]
    device?.sell(device.journal.length + 1, { ...basketOf(sale), workstationId: device.deviceId, businessDay })
  }
  return devices
}

/** Sends what was sold so far, a few batches in flight, until the day is over. */
const sellAll = async (socket: Socket, device: ModelDevice, index: number, startedAt: number, watch: PublishedSales): Promise<void> => {
  const { journal } = device
  const soldBy = (nowMs: number): number =>
    Math.min(journal.length, Math.max(0, Math.floor(((nowMs - startedAt) * perSecond) / 1_000 / stores - index / stores) + 1))
  let next = 0
  const sendNext = async (): Promise<void> => {
    while (next < journal.length) {
      const [from, to] = [next, Math.min(soldBy(performance.now()), next + 200)]
      if (to <= from) {
        await delay(5)
        continue
      }
      next = to
      const numbers = Array.from({ length: to - from }, (_, n) => (from + n) * stores + index)
      for (const sale of numbers)
        watch.note(
          sale,
          itemsOf(sale).map((itemId) => `${device.storeId} ${itemId}`),
        )
      const answer = (await socket.emitWithAck('batch', { records: journal.slice(from, to) })) as { outcome: string; verdicts?: unknown[] }
      const atMs = performance.now()
      if (answer.outcome !== 'acknowledged' || answer.verdicts?.length !== 0) throw new Error(JSON.stringify(answer).slice(0, 500))
      for (const sale of numbers) watch.acknowledged(sale, atMs)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, batchLimits.maxInFlight) }, sendNext))
}

interface Received {
  messages: number
  events: number
}

const startReceiver = async (watch: PublishedSales, received: Received) => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const atMs = performance.now()
      response.end()
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
        data: { events: { storeId: string; itemId: string; onHandMilli: number }[] }
      }
      for (const { storeId, itemId, onHandMilli } of data.events) watch.event(`${storeId} ${itemId}`, onHandMilli, atMs)
      received.messages += 1
      received.events += data.events.length
    })
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => new Promise((settle) => server.close(settle)) }
}

/** A NOTIFY in a transaction of its own every so often, and how long each takes. */
const watchBareNotify = (db: Database, url: string) => {
  const lags: number[] = []
  let isOver = false
  const listener = startListener({
    ...{ url, log: pino({ level: 'silent' }), onListening: () => undefined },
    channels: { tideline_bench: (at) => lags.push(performance.now() - Number(at)) },
  })
  const running = (async () => {
    while (!isOver) {
      await sql`select pg_notify('tideline_bench', ${String(performance.now())})`.execute(db)
      await delay(20)
    }
  })()
  return {
    stop: async (): Promise<number[]> => {
      isOver = true
      await running
      await listener.stop()
      return lags
    },
  }
}

const run: Benchmark['run'] = (progress) => withBenchDatabase((db, url, dir) => measure(db, url, dir, progress))

const measure = async (db: Database, url: string, dir: string, progress: (line: string) => void) => {
  const stops: (() => unknown)[] = []
  try {
    const devices = await fill(db)
    await seedStock(db)
    const [watch, received] = [watchPublishedSales(initialMilli, 1_000), { messages: 0, events: 0 }]
    const receiver = await startReceiver(watch, received)
    stops.push(receiver.close)
    await createSubscription(db, { url: receiver.url, from: 'now' })
    const environment = {
      ...{
        DATABASE_URL: url,
        TIDELINE_HUB_PORT: '0',
        TIDELINE_HUB_DATA: join(dir, 'hub'),
        TIDELINE_LOG: 'error',
        TIDELINE_ERP: 'none',
      },
    }
    const hub = await startHubProcess(['hub/server.ts', '--json-ready'], { ...environment, TIDELINE_ROLES: 'gateway' })
    stops.push(() => hub.stop())
    const worker = await startHubProcess(['hub/server.ts', '--json-ready'], { ...environment, TIDELINE_ROLES: 'worker' })
    stops.push(() => worker.stop())
    const sockets = await Promise.all(devices.map((device) => greet(hub.url, device, 2)))
    const bare = watchBareNotify(db, url)
    progress(`${stores} stores sell ${perSecond} a second for ${warmUpSeconds} + ${seconds} s`)
    const startedAt = performance.now()
    const sellers = sockets.map((socket, index) => sellAll(socket, devices[index] as ModelDevice, index, startedAt, watch))
    await Promise.all(sellers)
    const soldPerSecond = (perSecond * (warmUpSeconds + seconds)) / ((performance.now() - startedAt) / 1_000)
    const bareLags = await bare.stop()
    for (let waits = 0; watch.pending() > 0 && waits < 600; waits++) await delay(50)
    if (watch.pending() > 0) throw new Error(`${watch.pending()} sales were never published`)
    for (const socket of sockets) socket.disconnect()
    const lags = watch.lagsMs(perSecond * warmUpSeconds, perSecond * (warmUpSeconds + seconds))
    const [p50Ms, p99Ms, maxMs] = [percentile(lags, 0.5), percentile(lags, 0.99), Math.max(...lags)].map(Math.round)
    const bareNotifyP99Ms = rounded(percentile(bareLags, 0.99))
    progress(`p50 ${p50Ms} ms, p99 ${p99Ms} ms, longest ${maxMs} ms; bare NOTIFY p99 ${bareNotifyP99Ms} ms`)
    const lines = Array.from({ length: perSecond * (warmUpSeconds + seconds) }, (_, sale) => itemsOf(sale).length).reduce((a, b) => a + b)
    return {
      ...{ name: 'availability-lag', ratio: percentile(lags, 0.99) / boundMs, ceiling: 1, boundMs, p50Ms, p99Ms, maxMs, bareNotifyP99Ms },
      ...{
        soldPerSecond: Math.round(soldPerSecond),
        sales: lags.length,
        changedKeys: lines,
        events: received.events,
        messages: received.messages,
      },
      changesPerEvent: rounded(lines / received.events),
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

export const availabilityLag: Benchmark = {
  name: 'availability-lag',
  compares: 'p99 from a sale acknowledged to its figures at a webhook, at 1,000 sales a second, with the bound of 250 ms',
  run,
}
