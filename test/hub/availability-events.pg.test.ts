/** Availability events: what marks a key, what becomes of it, and that sequence numbers only grow. */
import { endReservations } from '#hub/availability/reservation-expiry.ts'
import { reserve, takeStep } from '#hub/availability/reservations.ts'
import { publishChanges, publishKeys } from '#hub/events/publication.ts'
import { lookAtStores, sweepSlice } from '#hub/events/sweep.ts'
import { correctStock } from '#hub/stock/corrections.ts'
import type { Database } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { declareEpoch } from '#hub/epoch/epoch.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { addItem } from './stocking.ts'

const server = withDatabase()

const marked = async (db: Database): Promise<string[]> =>
  (await sql<{ key: string }>`select distinct store_id || ' ' || item_id as key from availability_change order by 1`.execute(db)).rows.map(
    ({ key }) => key,
  )

const events = (db: Database) => db.selectFrom('availability_event').selectAll().orderBy('store_id').orderBy('item_id').execute()

const stocked = async () => {
  const { db, anotherPool, url } = await server.fresh()
  await enrolModelDevice(db)
  for (const itemId of ['A', 'B']) await addItem(db, itemId)
  await sql`insert into stock_balance values ('S1', 'A', 9000), ('S1', 'B', 5000)`.execute(db)
  return { db, anotherPool, url }
}

const ask = (reservationId: string, expiresInSeconds = 900) => ({
  ...{ reservationId, kind: 'soft' as const, channel: 'web', fill: 'all' as const, expiresInSeconds },
  lines: [{ itemId: 'A', quantityMilli: 2_000, storeIds: ['S1'] }],
})

it('[AVL20] whatever changes a figure marks its key within its own transaction, and what is undone marks nothing', async () => {
  const { db } = await stocked()
  expect(await marked(db)).toEqual(['S1 A', 'S1 B'])
  expect(await publishChanges(db)).toEqual({ taken: 2, told: 2 })
  expect(await marked(db)).toEqual([])

  const afterEach = async (): Promise<string[]> => {
    const keys = await marked(db)
    await publishChanges(db)
    return keys
  }
  const correction = {
    storeId: 'S1',
    itemId: 'B',
    kind: 'adjustment',
    quantityMilli: -1_000,
    businessDay: '2026-01-31',
    reason: 'r',
  } as const
  await correctStock(db, { key: 'k1', ...correction })
  expect(await afterEach()).toEqual(['S1 B'])
  await reserve(db, ask('r1'))
  expect(await afterEach()).toEqual(['S1 A'])
  await takeStep(db, 'r1', { step: 'release' })
  expect(await afterEach()).toEqual(['S1 A'])
  await reserve(db, ask('r2'))
  await afterEach()
  await sql`update reservation set expires_at = now() where reservation_id = 'r2'`.execute(db)
  await afterEach()
  expect(await endReservations(db, 'expired')).toBe(1)
  expect(await afterEach()).toEqual(['S1 A'])
  await reserve(db, ask('r3'))
  await takeStep(db, 'r3', { step: 'consume', receipt: 'S1|1|2026-01-31|7' })
  await afterEach()
  // The receipt moves B alone: that ends what it holds of A as well.
  await sql`insert into stock_movement values ('S1', 'S1|1|2026-01-31|7', 1, 'B', -1000, '2026-01-31')`.execute(db)
  expect(await afterEach()).toEqual(['S1 A'])
  await db
    .transaction()
    .execute(async (trx) => {
      await sql`update stock_balance set quantity_milli = 1 where store_id = 'S1'`.execute(trx)
      throw new Error('undone')
    })
    .catch(() => undefined)
  expect(await afterEach()).toEqual([])
  expect(await events(db)).toMatchObject([
    { item_id: 'A', on_hand_milli: 9_000, reserved_milli: 0 },
    { item_id: 'B', on_hand_milli: 4_000, reserved_milli: 0 },
  ])
})

it('[AVL20] a database of before marks all it has', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 12)
  await sql`insert into stock_balance values ('S1', 'A', 9000)`.execute(db)
  await migrate(db)
  expect(await marked(db)).toEqual(['S1 A'])
})

it('[AVL21] changes of one key come together in one event with the newest figure; an unchanged figure is none', async () => {
  const { db } = await stocked()
  await publishChanges(db)
  for (let n = 0; n < 50; n++) await sql`update stock_balance set quantity_milli = quantity_milli - 100 where item_id = 'A'`.execute(db)
  expect(await publishChanges(db)).toEqual({ taken: 50, told: 1 })
  expect(await events(db)).toMatchObject([{ on_hand_milli: 4_000, available_milli: 4_000 }, { on_hand_milli: 5_000 }])
  await sql`update stock_balance set quantity_milli = quantity_milli`.execute(db)
  expect(await publishChanges(db)).toEqual({ taken: 2, told: 0 })
  expect((await events(db))[0]?.reason).toMatch(/^4 on hand/)
})

it('[AVL21] publishers side by side: each key ends with its newest figure, and no sequence number is given twice or goes back', async () => {
  const { db, anotherPool } = await stocked()
  const pools = [anotherPool(), anotherPool()]
  const seen = new Map<string, number>()
  let isOver = false
  const watch = async (): Promise<void> => {
    while (!isOver)
      for (const { item_id, sequence } of await events(db)) {
        expect(sequence).toBeGreaterThanOrEqual(seen.get(item_id) ?? 0)
        seen.set(item_id, sequence)
      }
  }
  const change = async (): Promise<void> => {
    for (let n = 0; n < 100; n++)
      await sql`update stock_balance set quantity_milli = quantity_milli - 10 where item_id = ${n % 2 ? 'A' : 'B'}`.execute(db)
  }
  const publish = async (pool: Database): Promise<void> => {
    while (!isOver) await publishChanges(pool, 3)
  }
  const watching = watch()
  const publishing = pools.map(publish)
  await change()
  isOver = true
  await Promise.all([watching, ...publishing])
  while ((await publishChanges(db)).taken > 0);
  expect(await events(db)).toMatchObject([{ on_hand_milli: 8_500 }, { on_hand_milli: 4_500 }])
})

it('[AVL22] a store that falls silent has its figures told as they fall, and again when it is heard; others are left alone', async () => {
  const { db } = await stocked()
  const { rows } = await sql<{ device_id: string }>`select device_id from device`.execute(db)
  await sql`insert into stock_movement select 'S1', 'S1|W|' || n, 1, 'A', -24000, current_date - n from generate_series(1, 27) n`.execute(
    db,
  )
  await sql`update stock_balance set quantity_milli = 60000 where item_id = 'A'`.execute(db)
  const heard = (minutesAgo: number) =>
    sql`update device set last_seen_at = now() - ${minutesAgo}::int * interval '1 minute' where device_id = ${rows[0]?.device_id}`.execute(
      db,
    )
  const sweepAll = async (): Promise<number> => {
    await lookAtStores(db, 0)
    let told = 0
    for (let swept = await sweepSlice(db); swept !== null; swept = await sweepSlice(db)) told += swept.told
    return told
  }
  await heard(0)
  await publishChanges(db)
  await sweepAll()
  const fresh = (await events(db))[0]
  expect(await sweepAll()).toBe(0)
  await heard(300)
  expect(await sweepAll()).toBe(1)
  const [silent, other] = await events(db)
  expect(silent?.available_milli).toBeLessThan(fresh?.available_milli ?? 0)
  expect(silent?.reason).toContain('has not reported for 5 h')
  expect(other?.available_milli).toBe(5_000)
  await heard(310)
  expect(await lookAtStores(db, 0)).toBe(0)
  await heard(0)
  expect(await sweepAll()).toBe(1)
  expect((await events(db))[0]?.available_milli).toBe(fresh?.available_milli)
})

it('[AVL21] a database put back goes on with greater sequence numbers than its former life ever gave', async () => {
  const database = await stocked()
  await declareEpoch(database.db, 'first')
  await publishChanges(database.db)
  const backup = await server.copyOf(database)
  await sql`update stock_balance set quantity_milli = 1000`.execute(database.db)
  await publishChanges(database.db)
  const lost = Math.max(...(await events(database.db)).map(({ sequence }) => sequence))
  await sql`select pg_sleep(1.1)`.execute(backup.db)
  await declareEpoch(backup.db, 'restored')
  await publishKeys(backup.db, [{ storeId: 'S1', itemId: 'A' }])
  expect((await events(backup.db))[0]).toMatchObject({ on_hand_milli: 9_000 })
  expect((await events(backup.db))[0]?.sequence).toBeGreaterThan(lost)
})
