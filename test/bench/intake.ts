/**
 * `intake`: 50 agents drain 400 transactions of about 1 kB each, at once, into our hub and into the simplest one, over the same
 * rows and the same PostgreSQL (fsync on). Each hub is a process of its own; clients are bare protocol clients with batches made before.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { startEmbeddedPostgres } from '#hub/storage/embedded.ts'
import { openDatabase } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { cutBatch } from '#sync/core/batch-cut.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import pino from 'pino'
import { type Batch, fillDevices, measureOurs, measureSimplest } from './bare-fleet.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { startHubProcess } from './hub-process.ts'

const agents = 50
const transactionsEach = 400
const rounds = 5
const floor = 0.5

const batchesOf = (journal: readonly TidelineRecord[]): Batch[] => {
  const waiting = journal.map((record) => ({ record, bytes: wireBytesOf(record) }))
  const batches: TidelineRecord[][] = []
  for (let at = 0; at < waiting.length; at += batches.at(-1)?.length ?? waiting.length) {
    batches.push(journal.slice(at, at + cutBatch(waiting.slice(at), true)))
  }
  return batches.map((records) => ({ event: 'batch', message: { records } }))
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
      const devices = await fillDevices(db, agents, transactionsEach)
      for (const { journal } of devices) for (const { payload } of journal) payloadBytes.total += (payloadBytes.count++, payload.length)
      const sides = [async () => measureOurs(hub, devices, 2, batchesOf), async () => measureSimplest(simplest, devices)]
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
