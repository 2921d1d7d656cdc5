/** Assortments with dates, from the statement to what stores hold, on a real PostgreSQL. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { putCluster, stateListing, withdrawListing } from '#hub/catalogue/assortments.ts'
import { startListingDates, takeListingDates } from '#hub/catalogue/listing-dates.ts'
import { toInstant } from '#sync/core/instant.ts'
import { withDatabase } from '../hub/database.ts'
import { silent, until } from '../posting/posting-database.ts'
import { createStoreReader, erpItem, openStore, pullItems } from './catalogue-world.ts'

const server = withDatabase()
const author = { by: 'Ada', why: 'Christmas' }

const openWorld = async () => {
  const { db, anotherPool } = await server.fresh()
  for (const storeId of ['S1', 'S2', 'S3']) await openStore(db, storeId)
  await pullItems(db, [erpItem('A', 100), erpItem('B', 200)], true)
  await putCluster(db, { clusterId: 'big', name: 'Big stores', storeIds: ['S1', 'S2'] }, author)
  const readers = ['S1', 'S2', 'S3'].map((storeId) => createStoreReader(db, 'assortment', storeId))
  const listed = async (itemId: string) => {
    for (const reader of readers) await reader.sync()
    return readers.map((reader) => reader.held.get(itemId)?.listed)
  }
  return { db, anotherPool, listed }
}

const entry = (entryId: string, fromMs: number, toMs?: number) => ({
  ...{ entryId, level: 'cluster' as const, place: 'big', itemId: 'A', listedFrom: toInstant(fromMs) },
  ...(toMs === undefined ? {} : { listedTo: toInstant(toMs) }),
})

it('[PRC13] an item is listed between its dates in the stores of the cluster; a store that joins or leaves follows at once', async () => {
  const { db, listed } = await openWorld()
  const now = Date.now()
  const hour = 3_600_000
  expect(await listed('A')).toEqual([true, true, true])
  expect(await stateListing(db, entry('next-week', now + hour), author)).toEqual({ outcome: 'created', stores: 2 })
  expect(await listed('A')).toEqual([false, false, true])
  expect(await stateListing(db, { ...entry('own', now - hour), level: 'store', place: 'S2' }, author)).toEqual({
    outcome: 'created',
    stores: 1,
  })
  expect(await listed('A')).toEqual([false, true, true])
  await putCluster(db, { clusterId: 'big', name: 'Big', storeIds: ['S2', 'S3'] }, author)
  expect(await listed('A')).toEqual([true, true, false])
  // What the ERP does not sell nobody lists; and the ERP’s word again changes only what it decides.
  await pullItems(db, [erpItem('A', 100, { listed: false })])
  expect(await listed('A')).toEqual([false, false, false])
  await pullItems(db, [erpItem('A', 100)])
  expect(await listed('A')).toEqual([true, true, false])
  expect(await withdrawListing(db, 'next-week', author)).toEqual({ outcome: 'withdrawn', stores: 1 })
  expect(await withdrawListing(db, 'next-week', author)).toEqual({ outcome: 'unchanged' })
  expect(await listed('A')).toEqual([true, true, true])
  expect(await stateListing(db, entry('own', now), author)).toEqual({ outcome: 'conflict' })
  expect(await stateListing(db, { ...entry('x', now), place: 'none' }, author)).toMatchObject({ code: 'NOT_FOUND' })
  expect(await stateListing(db, entry('x', now, now - 1), author)).toMatchObject({ code: 'INVALID' })
})

it('[PRC13] when a date comes it is told once, by whichever worker; one that fails leaves it due', async () => {
  const { db, anotherPool, listed } = await openWorld()
  const now = Date.now()
  await stateListing(db, entry('soon', now + 600, now + 1_500), author)
  expect(await listed('A')).toEqual([false, false, true])
  expect(await takeListingDates(db)).toEqual({ entries: 0, listings: 0 })
  await sql`select pg_sleep(0.7)`.execute(db)
  await sql`alter table feed_entry rename to away`.execute(db)
  await expect(takeListingDates(db)).rejects.toThrow(/feed_entry/)
  await sql`alter table away rename to feed_entry`.execute(db)
  const taken = await Promise.all([db, anotherPool(), anotherPool()].map((pool) => takeListingDates(pool)))
  expect(taken.filter(({ entries }) => entries > 0)).toEqual([{ entries: 1, listings: 2 }])
  expect(await listed('A')).toEqual([true, true, true])
  const watch = startListingDates({ db, log: silent, intervalMs: 50 })
  try {
    await until(
      () => listed('A'),
      ([first]) => first === false,
    )
    expect(await listed('A')).toEqual([false, false, true])
  } finally {
    await watch.stop()
  }
})

it('[PRC13] a store that is opened later has what its chain lists, and what its clusters list once it is in them', async () => {
  const { db } = await openWorld()
  await stateListing(db, entry('big-only', Date.now() + 3_600_000), author)
  await openStore(db, 'S4')
  const reader = createStoreReader(db, 'assortment', 'S4')
  await reader.sync()
  expect([reader.held.get('A')?.listed, reader.held.get('B')?.listed]).toEqual([true, true])
  await putCluster(db, { clusterId: 'big', name: 'Big', storeIds: ['S4'] }, author)
  await reader.sync()
  expect([reader.held.get('A')?.listed, reader.held.get('B')?.listed]).toEqual([false, true])
})
