/**
 * `intake`: 50 agents drain 400 transactions of about 1 kB each, at once, into our hub and into the simplest one, over the same
 * rows and the same PostgreSQL (fsync on). Each hub is a process of its own; clients are bare protocol clients with batches made before.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { cutBatch } from '#sync/core/batch-cut.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { enrolModelDevice, type ModelDevice } from '#test/hub/model-device.ts'
import pino from 'pino'
import { io, type Socket } from 'socket.io-client'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { type HubProcess, startHubProcess } from './hub-process.ts'
import { drainIntoSimplestHub, type SimplestRow } from './simplest-hub.ts'

const agents = 50
const transactionsEach = 400
const rounds = 5
const floor = 0.5

const products = ['MILK-1L', 'BREAD-750', 'COFFEE-500', 'APPLE-KG']

const lines = products.map((itemId, index) => ({
  lineNumber: index + 1,
  kind: 'sale',
  itemId,
  description: itemId.toLowerCase(),
  quantityMilli: 1_000,
  unit: 'each',
  unitPriceMinor: 100,
  discountMinor: 0,
  amountMinor: 100,
  voided: false,
}))

const basket = {
  lineItems: lines,
  tenders: [{ lineNumber: 5, kind: 'cash', amountMinor: 400, voided: false }],
  taxes: [{ code: 'A', rateMicro: 70_000, taxableMinor: 374, taxMinor: 26, inclusive: true }],
  totals: { netMinor: 374, taxMinor: 26, grandMinor: 400 },
}

/** New devices for each round, each with its own till and its 400 waiting sales. */
const fillDevices = async (db: Database): Promise<ModelDevice[]> => {
  const devices: ModelDevice[] = []
  for (let n = 0; n < agents; n++) {
    const device = await enrolModelDevice(db, `S${n}`)
    for (let number = 1; number <= transactionsEach; number++) device.sell(number, { ...basket, workstationId: device.deviceId })
    devices.push(device)
  }
  return devices
}

const batchesOf = (journal: readonly TidelineRecord[]): TidelineRecord[][] => {
  const waiting = journal.map((record) => ({ record, bytes: wireBytesOf(record) }))
  const batches: TidelineRecord[][] = []
  for (let at = 0; at < waiting.length; at += batches.at(-1)?.length ?? waiting.length) {
    batches.push(journal.slice(at, at + cutBatch(waiting.slice(at), true)))
  }
  return batches
}

const connect = (url: string): Socket => io(url, { transports: ['websocket'], forceNew: true, reconnection: false })

const greet = async (url: string, device: ModelDevice): Promise<Socket> => {
  const socket = connect(url)
  const { nonce } = await new Promise<{ nonce: string }>((settle) => socket.once('challenge', settle))
  const answer = (await socket.emitWithAck('hello', device.hello(nonce))) as { outcome: string }
  if (answer.outcome !== 'welcome') throw new Error(JSON.stringify(answer))
  return socket
}

/** A few batches in flight, in order, as the contract allows. */
const drainIntoHub = async (socket: Socket, batches: readonly (readonly TidelineRecord[])[]): Promise<void> => {
  const queue = [...batches]
  const sendNext = async (): Promise<void> => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      const answer = (await socket.emitWithAck('batch', { records: batch })) as { outcome: string; verdicts?: unknown[] }
      if (answer.outcome !== 'acknowledged' || answer.verdicts?.length !== 0) throw new Error(JSON.stringify(answer).slice(0, 500))
    }
  }
  await Promise.all(Array.from({ length: batchLimits.maxInFlight }, sendNext))
}

/** Rows a second from the first batch sent to the last one acknowledged, connections made before. */
const measure = async (sockets: readonly Socket[], drain: (socket: Socket, index: number) => Promise<void>): Promise<number> => {
  const startedAt = performance.now()
  await Promise.all(sockets.map(drain))
  const seconds = (performance.now() - startedAt) / 1_000
  for (const socket of sockets) socket.disconnect()
  return (agents * transactionsEach) / seconds
}

const measureOurs = async (hub: HubProcess, devices: readonly ModelDevice[]): Promise<number> => {
  const batches = devices.map((device) => batchesOf(device.journal))
  const sockets = await Promise.all(devices.map((device) => greet(hub.url, device)))
  return measure(sockets, (socket, index) => drainIntoHub(socket, batches[index] ?? []))
}

const measureSimplest = async (hub: HubProcess, devices: readonly ModelDevice[]): Promise<number> => {
  const rows = devices.map((device) =>
    device.journal.map((record): SimplestRow => ({ id: `${record.deviceId}:${record.seq}`, payload: record.payload })),
  )
  const sockets = devices.map(() => connect(hub.url))
  await Promise.all(sockets.map((socket) => new Promise<void>((settle) => socket.once('connect', settle))))
  return measure(sockets, (socket, index) => drainIntoSimplestHub(socket, rows[index] ?? []))
}

const run: Benchmark['run'] = async (progress) => {
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
    const hubEnvironment = {
      DATABASE_URL: postgres.url,
      TIDELINE_HUB_PORT: '0',
      TIDELINE_HUB_DATA: join(dir, 'hub'),
      TIDELINE_LOG: 'error',
      TIDELINE_ERP: 'none',
    }
    const hub = await startHubProcess(['hub/server.ts', '--json-ready'], { ...hubEnvironment, TIDELINE_ROLES: 'gateway' })
    stops.push(() => hub.stop())
    const simplest = await startHubProcess(['test/bench/simplest-hub.ts', postgres.url])
    stops.push(() => simplest.stop())

    const ours: number[] = []
    const theirs: number[] = []
    const payloadBytes = { total: 0, count: 0 }
    // The first pair warms both processes and does not count.
    for (let round = 0; round <= rounds; round++) {
      const devices = await fillDevices(db)
      for (const { journal } of devices) for (const { payload } of journal) payloadBytes.total += (payloadBytes.count++, payload.length)
      const sides = [async () => measureOurs(hub, devices), async () => measureSimplest(simplest, devices)]
      if (round % 2) sides.reverse()
      const [first, second] = [await sides[0]?.(), await sides[1]?.()]
      const [our = Number.NaN, their = Number.NaN] = round % 2 ? [second, first] : [first, second]
      progress(`${round === 0 ? 'warm-up' : `round ${round}`}: ours ${Math.round(our)}/s, simplest ${Math.round(their)}/s`)
      if (round === 0) continue
      ours.push(our)
      theirs.push(their)
    }
    const logged = await db.selectFrom('record_log').select(db.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
    const expected = agents * transactionsEach * (rounds + 1)
    if (logged.count !== expected) throw new Error(`the log holds ${logged.count} records, not ${expected}`)
    return {
      name: 'intake',
      ratio: median(ours) / median(theirs),
      floor,
      oursPerSecond: Math.round(median(ours)),
      simplestPerSecond: Math.round(median(theirs)),
      agents,
      transactionsEach,
      payloadBytes: Math.round(payloadBytes.total / payloadBytes.count),
      rounds,
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

export const intake: Benchmark = {
  name: 'intake',
  compares: 'transactions a second that 50 agents drain into the hub, against the simplest exactly-once hub on the same PostgreSQL',
  run,
}
