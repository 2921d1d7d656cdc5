/** The real engine against real gateways and a real database: what travels, and what a restored hub gets back. */
import { systemClock } from '#hub/system-clock.ts'
import { sign } from 'node:crypto'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { declareEpoch } from '#hub/epoch/epoch.ts'
import type { Database } from '#hub/storage/database.ts'
import { must } from '#sync/contract/assert.ts'
import { identitySchema } from '#sync/contract/config.ts'
import type { UpEvent } from '#sync/contract/up.ts'
import type { Link } from '#sync/core/ports.ts'
import { startEngine, type Engine } from '#sync/engine.ts'
import { SocketLink } from '#sync/link/socket-link.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { withDatabase } from '../hub/database.ts'
import { enrolModelDevice, type ModelDevice } from '../hub/model-device.ts'
import { withGateways } from '../hub/running-gateway.ts'
import { MemoryJournal } from './records.ts'

const server = withDatabase()
const gateways = withGateways()

let engines = 0

interface MovableLine {
  link: Link
  said: UpEvent[]
  /** As when the hub's process ends. */
  cut(): void
}

/** The line goes to whichever hub is there when it connects. */
const lineTo = (hubUrl: () => string): MovableLine => {
  let line: SocketLink | undefined
  let lost: (reason: string) => void = () => undefined
  const said: UpEvent[] = []
  const link: Link = {
    connect: (handlers) => {
      line?.close()
      lost = handlers.onLost
      line = new SocketLink({ hubUrl: hubUrl() })
      line.connect(handlers)
    },
    request: (event, request) => {
      said.push(event)
      return must(line, 'line').request(event, request)
    },
    close: () => line?.close(),
  }
  return { link, said, cut: () => (line?.close(), lost('the hub ended')) }
}

interface RealStore {
  engine: Engine
  journal: MemoryJournal
  line: MovableLine
}

const openStore = async (device: ModelDevice, hubUrl: () => string): Promise<RealStore> => {
  engines += 1
  const journal = new MemoryJournal(device.incarnation, device.deviceId)
  const line = lineTo(hubUrl)
  const { deviceId, storeId } = device
  const engine = await startEngine({
    journal,
    signer: { sign: (text) => Promise.resolve(sign(null, Buffer.from(text), device.privateKey).toString('base64url')) },
    clock: systemClock,
    random: () => 0.1,
    link: line.link,
    storage: getRxStorageMemory(),
    name: `real${process.pid}x${engines}`,
    configuration: {
      identity: identitySchema.parse({ deviceId, storeId, storeName: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }),
      agentVersion: '0.1.0',
    },
    plu: { publish: () => Promise.resolve() },
    view: { publish: () => Promise.resolve() },
    log: () => undefined,
  })
  onTestFinished(() => engine.close())
  return { engine, journal, line }
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const untilAcked = ({ engine, journal }: RealStore): Promise<void> =>
  until(() => expect(engine.status()).toMatchObject({ ackedSeq: journal.records.length, link: { state: 'online' } }))
const logged = async (db: Database): Promise<string[]> =>
  (await db.selectFrom('record_log').select(['seq', 'payload_hash']).orderBy('seq').execute()).map(
    (row) => `${row.seq}:${row.payload_hash}`,
  )
const ofJournal = ({ journal }: RealStore): string[] => journal.records.map((record) => `${record.seq}:${record.payloadHash}`)

it('[TRN13] [TRN17] batches arrive packed and whole, and the clocks are found to agree', async () => {
  const database = await server.fresh()
  const url = await gateways.start(database)
  const store = await openStore(await enrolModelDevice(database.db), () => url)
  store.journal.appendSales(1_700)
  await untilAcked(store)
  expect(await logged(database.db)).toEqual(ofJournal(store))
  expect(store.line.said).toContain('terseBatch')
  expect(store.line.said).not.toContain('batch')
  expect(store.line.said).not.toContain('packedBatch')
  expect(Math.abs(store.engine.status().clock?.offsetMs ?? Infinity)).toBeLessThan(1_000)
})

it('[TRN15] [HUB11] a hub restored from a backup that hides it gets nothing; once declared, each record once', async () => {
  const database = await server.fresh()
  const first = await gateways.start(database)
  let url = first
  const store = await openStore(await enrolModelDevice(database.db), () => url)
  store.journal.appendSales(40)
  await untilAcked(store)
  const backup = await server.copyOf(database)
  await until(() => expect(store.engine.status().link.state).toBe('online'))
  store.journal.appendSales(60)
  await untilAcked(store)

  url = await gateways.start(backup)
  store.line.cut()
  store.line.said.length = 0
  store.journal.appendSales(5)
  await until(() => expect(store.engine.status().link).toMatchObject({ state: 'refused', code: 'HUB_FELL_BACK' }))
  expect(store.engine.status().ackedSeq).toBe(100)
  expect(await logged(backup.db)).toHaveLength(40)
  expect(await backup.db.selectFrom('exception').select('kind').execute()).toEqual([{ kind: 'HUB_FELL_BACK' }])

  await declareEpoch(backup.anotherPool(), 'restored from last night')
  await store.engine.syncNow()
  await untilAcked(store)
  expect(await logged(backup.db)).toEqual(ofJournal(store))
})
