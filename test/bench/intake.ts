/**
 * `intake`: 50 agents drain 400 transactions of about 1 kB each, at once, into our hub and into the simplest one, over the same
 * rows and the same PostgreSQL (fsync on). Each hub is a process of its own; clients are bare protocol clients with batches made before.
 */
import { cutBatch } from '#sync/core/batch-cut.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { type Batch, fillDevices, measureOurs, measureSimplest } from './bare-fleet.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { requireLogged, withTwoHubs } from './two-hubs.ts'

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

const run: Benchmark['run'] = (progress) =>
  withTwoHubs(async ({ db, hub, simplest }) => {
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
    await requireLogged(db, agents * transactionsEach * (rounds + 1))
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
  })

export const intake: Benchmark = {
  name: 'intake',
  compares: 'transactions a second that 50 agents drain into the hub, against the simplest exactly-once hub on the same PostgreSQL',
  run,
}
