/**
 * `merge`: 50 stores' sales of about 1 kB, four lines each, taken into the log by intake, and the same rows then taken out of it by all
 * projections at the same time, as the hub's worker does it: in one process, on one PostgreSQL (fsync on). Besides, each projection alone.
 */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { drainProjection } from '#hub/merge/advance.ts'
import type { Projection } from '#hub/merge/projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { projectionsOf } from '#hub/projections.ts'
import { cutBatch } from '#sync/core/batch-cut.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import { enrolModelDevice, type ModelDevice } from '#test/hub/model-device.ts'
import { sql } from 'kysely'
import { withBenchDatabase } from './bench-database.ts'
import type { Benchmark } from './benchmark.ts'
import { median, rounded } from './figures.ts'
import { variedBasket } from './waiting-store.ts'

const stores = 50
const usualTransactions = 20_000
const rounds = 3
const floor = 0.5
/** As the hub's worker has it. */
const lanes = 2

/** All of the hub's. */
const projections = projectionsOf('reference')

const fill = async (db: Database, each: number): Promise<ModelDevice[]> => {
  const devices: ModelDevice[] = []
  for (let n = 0; n < stores; n++) {
    const device = await enrolModelDevice(db, `S${n}`)
    for (let number = 1; number <= each; number++)
      device.sell(number, { ...variedBasket(n * each + number), workstationId: device.deviceId })
    devices.push(device)
  }
  return devices
}

/** Each store one batch after the other, all stores at the same time. */
const takeIn = async (db: Database, { journal, ...device }: ModelDevice): Promise<void> => {
  for (let rest = journal; rest.length > 0;) {
    const count = cutBatch(
      rest.map((record) => ({ record, bytes: wireBytesOf(record) })),
      true,
    )
    const answer = await acceptBatch(db, device, rest.slice(0, count))
    if (answer.outcome !== 'acknowledged' || answer.verdicts.length > 0) throw new Error(JSON.stringify(answer).slice(0, 500))
    rest = rest.slice(count)
  }
}

const perSecond = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return count / ((performance.now() - startedAt) / 1_000)
}

const requireMerged = async (db: Database, expected: number): Promise<void> => {
  const { rows } = await sql<{ sales: number; posted: number; lines: number; waiting: number }>`
    select (select count(*)::int from sales_transaction) as sales, (select count(*)::int from posting) as posted,
      (select count(distinct natural_key)::int from stock_movement) as lines, (select count(*)::int from waiting_line) as waiting`.execute(
    db,
  )
  const [counts] = rows
  if (counts?.sales !== expected || counts.posted !== expected || counts.lines !== expected || counts.waiting !== 0)
    throw new Error(`expected ${expected} of each, found ${JSON.stringify(counts)}`)
}

const run: Benchmark['run'] = (progress, { transactions = usualTransactions }) =>
  withBenchDatabase(async (db) => {
    const each = Math.max(1, Math.round(transactions / stores))
    const count = each * stores
    const intake: number[] = []
    const merged: number[] = []
    const alone = new Map<string, number[]>(projections.map(({ name }) => [name, []]))
    // The first one warms the process and does not count; every second one takes the projections one by one.
    for (let round = 0; round <= rounds * 2; round++) {
      const devices = await fill(db, each)
      const took = await perSecond(count, () => Promise.all(devices.map((device) => takeIn(db, device))))
      if (round > 0) intake.push(took)
      if (round % 2 === 0) {
        for (const projection of projections)
          alone.get(projection.name)?.push(await perSecond(count, () => drainProjection(db, projection, { lanes })))
        progress(`intake ${Math.round(took)}/s, one by one ${wordRates(projections, (name) => alone.get(name)?.at(-1))}`)
      } else {
        const rate = await perSecond(count, () => Promise.all(projections.map((projection) => drainProjection(db, projection, { lanes }))))
        merged.push(rate)
        progress(`intake ${Math.round(took)}/s, all projections ${Math.round(rate)}/s`)
      }
      await requireMerged(db, count * (round + 1))
    }
    return {
      name: 'merge',
      ratio: median(merged) / median(intake),
      floor,
      intakePerSecond: Math.round(median(intake)),
      mergePerSecond: Math.round(median(merged)),
      alonePerSecond: Object.fromEntries([...alone].map(([name, [, ...rates]]) => [name, Math.round(median(rates))])),
      ...{
        stores,
        transactions: count,
        rounds,
        roundRatios: merged.map((rate, index) => rounded(rate / (intake[index * 2] ?? Number.NaN))),
      },
    }
  })

const wordRates = (all: readonly Projection[], rateOf: (name: string) => number | undefined): string =>
  all.map(({ name }) => `${name} ${Math.round(rateOf(name) ?? 0)}/s`).join(', ')

export const merge: Benchmark = {
  name: 'merge',
  compares:
    'transactions a second that all projections take out of the log, against those that intake puts into it, the same rows in one process',
  run,
}
