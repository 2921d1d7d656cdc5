/**
 * `wire`: what a store's line costs. All bytes that pass between the engine and a whole hub's gateway while 10,000 sales of about 1 kB
 * are sent, handshake, frames and answers included, against gzip of the same sales in batches of 500. Then the same engine with nothing
 * to do: its bytes a minute, pings included, and its share of one core (with the counting proxy in the same process: an upper bound).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import pino from 'pino'
import { openDatabase } from '#hub/storage/database.ts'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { batchLimits } from '#sync/contract/protocol.ts'
import { must } from '#sync/contract/assert.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import type { AgentSide } from '#sync/core/ports.ts'
import { createDayDigests } from '#main/completeness/day-digests.ts'
import type { Benchmark } from './benchmark.ts'
import { countBytesTo, type ByteCount } from './byte-count.ts'
import { openWaitingEngine, type WaitingEngine } from './drain-sides.ts'
import { rounded } from './figures.ts'
import { startHubProcess } from './hub-process.ts'
import { openWaitingStore, variedBasket, type WaitingStore } from './waiting-store.ts'

const transactions = 10_000
const ceiling = 1.1
/** What is said once, when the line is new and the catalogue was just loaded, is over by then. */
const settleMs = 75_000
/** Longer than the longest of the engine's intervals but the hourly one: the report that is sent without news. */
const idleMs = 330_000
const idleBounds = { cpuShare: 0.01, bytesPerMinute: 1_024 }

type Progress = (line: string) => void

const gzipBytesOf = (records: readonly TidelineRecord[]): number => {
  let bytes = 0
  for (let at = 0; at < records.length; at += batchLimits.maxRecords)
    bytes += gzipSync(JSON.stringify({ records: records.slice(at, at + batchLimits.maxRecords) })).length
  return bytes
}

const moved = (line: ByteCount): number => line.sent() + line.received()

const measureIdle = async (line: ByteCount, engine: WaitingEngine): Promise<{ cpuShare: number; bytesPerMinute: number }> => {
  await delay(settleMs)
  const [before, cpu, startedAt] = [moved(line), process.cpuUsage(), performance.now()]
  await delay(idleMs)
  const spent = process.cpuUsage(cpu)
  const elapsedMs = performance.now() - startedAt
  if (engine.state() !== 'online') throw new Error('the idle engine lost its line')
  return {
    cpuShare: (spent.user + spent.system) / 1_000 / elapsedMs,
    bytesPerMinute: ((moved(line) - before) * 60_000) / elapsedMs,
  }
}

/** Reports and comparisons are part of what an idle agent says. */
const agentOf = ({ records }: WaitingStore): AgentSide => {
  const digests = createDayDigests()
  for (const record of records) digests.add(record, transactionSchema.parse(JSON.parse(record.payload)))
  const startedAt = performance.now()
  return {
    days: (limit) => Promise.resolve(digests.list(must(records[0], 'a record').incarnation, () => true).slice(0, limit)),
    facts: () =>
      Promise.resolve({
        ...{ platform: 'bench', uptimeSeconds: Math.round((performance.now() - startedAt) / 1_000) },
        ...{ disk: { state: 'roomy', freeBytes: 100_000_000_000 }, openExceptions: 0, missingRecords: 0 },
      }),
    diagnosticsRequested: () => Promise.resolve(),
  }
}

const compare = async (databaseUrl: string, dir: string, progress: Progress) => {
  const stops: (() => Promise<unknown>)[] = []
  try {
    const db = openDatabase(databaseUrl)
    stops.push(() => db.destroy())
    await migrate(db)
    const hub = await startHubProcess(['hub/server.ts', '--json-ready'], {
      ...{ DATABASE_URL: databaseUrl, TIDELINE_HUB_PORT: '0', TIDELINE_HUB_DATA: join(dir, 'hub') },
      ...{ TIDELINE_LOG: 'error', TIDELINE_ERP: 'none', TIDELINE_ROLES: 'gateway' },
    })
    stops.push(() => hub.stop())
    const line = await countBytesTo(hub.url)
    stops.push(() => line.stop())
    const store = await openWaitingStore(db, 'S1', transactions, variedBasket)
    const engine = await openWaitingEngine(line.url, store, agentOf(store))
    stops.push(() => engine.close())
    await engine.drain()
    const drained = { sent: line.sent(), received: line.received() }
    const plain = Buffer.byteLength(JSON.stringify(store.records))
    const zipped = gzipBytesOf(store.records)
    progress(
      `on the wire: ${Math.round((drained.sent + drained.received) / transactions)} bytes a transaction, ${drained.received} of all back`,
    )
    progress(`gzip of batches of 500: ${Math.round(zipped / transactions)}; plain ${Math.round(plain / transactions)}`)
    const idle = await measureIdle(line, engine)
    progress(`idle: ${(idle.cpuShare * 100).toFixed(2)} % of a core, ${Math.round(idle.bytesPerMinute)} bytes a minute`)
    return { drained, plain, zipped, idle }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

const run: Benchmark['run'] = async (progress) => {
  const dir = await mkdtemp(join(tmpdir(), 'tideline-wire-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: pino({ level: 'silent' }) })
  try {
    const { drained, plain, zipped, idle } = await compare(postgres.url, dir, progress)
    return {
      name: 'wire',
      ratio: (drained.sent + drained.received) / zipped,
      ceiling,
      alsoMissed: idle.cpuShare >= idleBounds.cpuShare || idle.bytesPerMinute >= idleBounds.bytesPerMinute,
      bytesPerTransaction: Math.round((drained.sent + drained.received) / transactions),
      gzipBytesPerTransaction: Math.round(zipped / transactions),
      plainBytesPerTransaction: Math.round(plain / transactions),
      sentBytes: drained.sent,
      receivedBytes: drained.received,
      idleCpuPercent: rounded(idle.cpuShare * 100),
      idleBytesPerMinute: Math.round(idle.bytesPerMinute),
      idleSeconds: idleMs / 1_000,
      transactions,
    }
  } finally {
    await postgres.stop()
    await removeEmbeddedPostgres(join(dir, 'database'))
    await rm(dir, { recursive: true, force: true })
  }
}

export const wire: Benchmark = {
  name: 'wire',
  compares: 'bytes on the wire for each transaction sent, against gzip of the same batches of 500; and what an idle engine costs',
  run,
}
