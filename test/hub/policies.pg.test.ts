/** The merge policies at a real PostgreSQL: exceptions that come and go, whatever the order of arrival and however many workers read. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { policyProjection } from '#hub/merge/policy-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { closeDay } from './closing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, modelDevice, receipt } from './model-device.ts'

const server = withDatabase()

const drain = (db: Database) => drainProjection(db, policyProjection)
const deliver = async (db: Database, ...devices: ModelDevice[]): Promise<void> => {
  for (const device of devices) expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
  await drain(db)
}
const rowsOf = async (db: Database, query: string): Promise<object[]> => (await sql.raw<object>(query).execute(db)).rows
const open = (db: Database) => rowsOf(db, `select exception_id, message, amount_minor from exception where state = 'open' order by 1`)
const snapshot = async (db: Database) => ({
  open: await open(db),
  findings: await rowsOf(db, 'select * from policy_finding order by 1, 2, 3, 4, 5, 6, 7'),
  days: await rowsOf(db, 'select * from till_day order by 1, 2, 3, 4, 5'),
})
const rebuilds = async (db: Database): Promise<void> => {
  const live = await snapshot(db)
  await rebuildProjection(db, policyProjection)
  expect(await snapshot(db)).toEqual(live)
}

it('[MRG6] [MRG12] a receipt of a closed day counts and is told of, until a newer close covers it', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  closeDay(device)
  await deliver(db, device)
  expect(await open(db)).toEqual([])
  device.sell(3)
  device.sell(2)
  device.sell(9, { kind: 'training' })
  await deliver(db, device)
  expect(await open(db)).toEqual([
    {
      exception_id: 'AFTER_CLOSE:S1|1|2026-01-31',
      message:
        '2 receipts of till 1 (numbers 2, 3) belong to 2026-01-31, which was closed without them. They count; a newer close is awaited.',
      amount_minor: 476,
    },
  ])
  await rebuilds(db)
  closeDay(device)
  await deliver(db, device)
  expect(await open(db)).toEqual([])
  await rebuilds(db)
})

it('[MRG6] a new device that goes on with a closed day: told of whichever is read first, and ended by its own close', async () => {
  const { db } = await server.fresh()
  const [old, replaced] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  replaced.sell(2)
  await deliver(db, replaced)
  expect(await open(db)).toEqual([])
  old.sell(1)
  closeDay(old)
  await deliver(db, old)
  expect(await open(db)).toMatchObject([{ exception_id: 'AFTER_CLOSE:S1|1|2026-01-31', amount_minor: 238 }])
  await rebuilds(db)
  closeDay(replaced)
  await deliver(db, replaced)
  expect(await open(db)).toEqual([])
})

it('[MRG7] what the store received more than a week late is told once for each till’s day, and ends with the day’s close', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  const arrive = (number: number, at: string, change: Record<string, unknown> = {}) =>
    device.append(JSON.stringify(receipt(number, change)), 'transaction', at)
  arrive(5, '2026-02-07T10:00:00.000Z')
  arrive(4, '2026-02-09T10:00:00.000Z')
  arrive(3, '2026-02-12T10:00:00.000Z')
  await deliver(db, device)
  expect(await open(db)).toEqual([
    {
      exception_id: 'LATE_ARRIVAL:S1|1|2026-01-31',
      message:
        '2 receipts of till 1 (numbers 3, 4) of 2026-01-31 arrived up to 12 days late, and no close of the day covers them. They count.',
      amount_minor: 476,
    },
  ])
  await rebuilds(db)
  closeDay(device)
  await deliver(db, device)
  expect(await open(db)).toEqual([])
  await rebuilds(db)
})

const step = fc.record({
  what: fc.constantFrom('sell', 'sell', 'sell', 'late', 'close', 'carry'),
  number: fc.integer({ min: 1, max: 6 }),
  till: fc.constantFrom('1', '2'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const play = (device: ModelDevice, steps: readonly Step[]): ModelDevice[] => {
  const lives = [device]
  for (const { what, number, till } of steps) {
    const present = lives.at(-1) ?? device
    if (what === 'close') closeDay(present)
    else if (what === 'carry') {
      const renewed = modelDevice({ ...device, incarnation: `${'abcdefghij'[lives.length % 10]}`.repeat(12) })
      for (const record of present.journal.slice(0, number)) renewed.append(record.payload, record.kind, record.capturedAt)
      lives.push(renewed)
    } else {
      const at = what === 'late' ? '2026-02-20T10:00:00.000Z' : undefined
      present.append(JSON.stringify(receipt(number, { workstationId: till, storeId: device.storeId })), 'transaction', at)
    }
  }
  return lives
}

it('[MRG6] [MRG7] [MRG12] any interleaving of streams and workers, and a rebuild, find the same', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  let found = 0
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(step, { minLength: 2, maxLength: 9 }), fc.array(step, { minLength: 2, maxLength: 9 })),
      fc.infiniteStream(fc.nat()),
      async (plays, chance) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, exception, till_day, policy_close,
          policy_finding, feed_head, feed_entry cascade`.execute(db)
        const devices = [await enrolModelDevice(db), await enrolModelDevice(db)]
        const unsent = devices.flatMap((device, index) => play(device, plays[index] ?? [])).map((life) => ({ life, sent: 0 }))
        const next = (bound: number): number => (chance.next().value as number) % bound
        while (unsent.some(({ life, sent }) => sent < life.journal.length)) {
          const one = unsent[next(unsent.length)]
          if (!one) break
          const upTo = Math.min(one.life.journal.length, one.sent + 1 + next(4))
          if (upTo > one.sent)
            expect(await acceptBatch(db, one.life, one.life.journal.slice(one.sent, upTo))).toMatchObject({ outcome: 'acknowledged' })
          one.sent = upTo
          await Promise.all(
            pools.map((pool) => (next(2) ? advanceStream(pool, policyProjection, unsent[next(unsent.length)]?.life ?? one.life) : 0)),
          )
        }
        await Promise.all(pools.map(drain))
        await drain(db)
        found += (await snapshot(db)).findings.length
        await rebuilds(db)
      },
    ),
    { numRuns: 25 },
  )
  expect(found).toBeGreaterThan(10)
}, 120_000)
