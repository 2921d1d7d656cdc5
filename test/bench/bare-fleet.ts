/** Many stores as bare protocol clients, with what they send made before: their sales, their sockets, and how fast all of it goes. */
import { setTimeout as delay } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'
import type { Database } from '#hub/storage/database.ts'
import { must } from '#sync/contract/assert.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { chainFrameOf, terseText } from '#sync/contract/terse-batch.ts'
import { enrolModelDevice, type ModelDevice } from '#test/hub/model-device.ts'
import { io, type Socket } from 'socket.io-client'
import type { HubProcess } from './hub-process.ts'
import { drainIntoSimplestHub, type SimplestRow } from './simplest-hub.ts'
import { basket } from './waiting-store.ts'

/** New devices, each with its own till and its waiting sales of about 1 kB. */
export const fillDevices = async (db: Database, stores: number, salesEach: number): Promise<ModelDevice[]> => {
  const devices: ModelDevice[] = []
  for (let n = 0; n < stores; n++) {
    const device = await enrolModelDevice(db, `S${n}`)
    for (let number = 1; number <= salesEach; number++) device.sell(number, { ...basket, workstationId: device.deviceId })
    devices.push(device)
  }
  return devices
}

/** As a message of the protocol. */
export type Batch = { event: 'batch' | 'terseBatch'; message: unknown }

/** The leanest form that the protocol has, as the engine sends it. */
export const terseBatchOf = (records: readonly TidelineRecord[]): Batch => {
  const [first, last] = [must(records[0], 'a record'), must(records.at(-1), 'a record')]
  const packed = { codec: 'deflate-raw', bytes: deflateRawSync(terseText(records)), fromSeq: first.seq, count: records.length }
  return { event: 'terseBatch', message: { ...packed, ...chainFrameOf(first, last) } }
}

const connect = (url: string): Socket => io(url, { transports: ['websocket'], forceNew: true, reconnection: false })

export const greet = async (url: string, device: ModelDevice, protocolVersion: number): Promise<Socket> => {
  const socket = connect(url)
  const { nonce } = await new Promise<{ nonce: string }>((settle) => socket.once('challenge', settle))
  for (;;) {
    const hello = { ...device.hello(nonce), protocolVersion }
    const answer = (await socket.emitWithAck('hello', hello)) as { outcome: string; code?: string; retryAfterMs?: number }
    if (answer.outcome === 'welcome') return socket
    // A fleet that comes as one is let in one after the other.
    if (answer.code !== 'HUB_BUSY' && answer.code !== 'HUB_UNAVAILABLE') throw new Error(JSON.stringify(answer))
    await delay(answer.retryAfterMs ?? 250)
  }
}

/** A few batches in flight, in order, as the contract allows. */
const drainIntoHub = async (socket: Socket, batches: readonly Batch[]): Promise<void> => {
  const queue = [...batches]
  const sendNext = async (): Promise<void> => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      const answer = (await socket.emitWithAck(batch.event, batch.message)) as { outcome: string; verdicts?: unknown[] }
      if (answer.outcome !== 'acknowledged' || answer.verdicts?.length !== 0) throw new Error(JSON.stringify(answer).slice(0, 500))
    }
  }
  await Promise.all(Array.from({ length: batchLimits.maxInFlight }, sendNext))
}

/** Sales a second from the first batch sent to the last one acknowledged, connections made before. */
const measure = async (
  sockets: readonly Socket[],
  sales: number,
  drain: (socket: Socket, index: number) => Promise<void>,
): Promise<number> => {
  const startedAt = performance.now()
  await Promise.all(sockets.map(drain))
  const seconds = (performance.now() - startedAt) / 1_000
  for (const socket of sockets) socket.disconnect()
  return sales / seconds
}

const salesOf = (devices: readonly ModelDevice[]): number => devices.reduce((sum, { journal }) => sum + journal.length, 0)

export const measureOurs = async (
  hub: HubProcess,
  devices: readonly ModelDevice[],
  protocolVersion: number,
  batchesOf: (journal: readonly TidelineRecord[]) => Batch[],
): Promise<number> => {
  const batches = devices.map(({ journal }) => batchesOf(journal))
  const sockets = await Promise.all(devices.map((device) => greet(hub.url, device, protocolVersion)))
  return measure(sockets, salesOf(devices), (socket, index) => drainIntoHub(socket, batches[index] ?? []))
}

export const measureSimplest = async (hub: HubProcess, devices: readonly ModelDevice[]): Promise<number> => {
  const rows = devices.map(({ journal }) => journal.map(simplestRowOf))
  const sockets = devices.map(() => connect(hub.url))
  await Promise.all(sockets.map((socket) => new Promise<void>((settle) => socket.once('connect', settle))))
  return measure(sockets, salesOf(devices), (socket, index) => drainIntoSimplestHub(socket, rows[index] ?? []))
}

const simplestRowOf = (record: TidelineRecord): SimplestRow => ({ id: `${record.deviceId}:${record.seq}`, payload: record.payload })
