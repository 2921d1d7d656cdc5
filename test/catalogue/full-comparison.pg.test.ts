/** What increments miss, and the comparison that finds it: an ERP whose cursor does not show everything, against a real PostgreSQL. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { compareAtNight, compareWithErp } from '#hub/catalogue/full-comparison.ts'
import { pullCatalogue } from '#hub/catalogue/pull.ts'
import { type ErpConnector, type ErpItem, ErpUnavailable } from '#hub/posting/connector.ts'
import type { Database } from '#hub/storage/database.ts'
import { withDatabase } from '../hub/database.ts'
import { silent } from '../posting/posting-database.ts'
import { createStoreReader, erpItem, openStore, priceAt } from './catalogue-world.ts'

const server = withDatabase()

/** Increments bring only what is named as seen. */
const createErp = (items: ErpItem[]) => {
  const seen = new Set<string>()
  const state = { items, isAway: false, pulls: [] as string[] }
  const connector: ErpConnector = {
    name: 'short-sighted',
    ping: async () => ({ reachable: true, message: '' }),
    post: async () => ({ outcome: 'retry', message: 'never' }),
    find: async () => null,
    close: async () => undefined,
    pullItems: async (cursor) => {
      if (state.isAway) throw new ErpUnavailable('the line is down')
      state.pulls.push(cursor === undefined ? 'everything' : 'changes')
      return { items: state.items.filter(({ item }) => cursor === undefined || seen.has(item.itemId)), unreadable: [], cursor: 'c' }
    },
  }
  return { connector, state, seen }
}

const openWorld = async (db: Database) => {
  await openStore(db, 'S1')
  const erp = createErp([erpItem('A', 100), erpItem('B', 200), erpItem('C', 300)])
  const options = { db, connector: erp.connector, log: silent, intervalMs: 1_000 }
  return { ...erp, options, reader: createStoreReader(db, 'prices', 'S1'), listings: createStoreReader(db, 'assortment', 'S1') }
}

it('[PRC14] what increments missed is found, named, put right and told to the stores; what they bring is not counted as missed', async () => {
  const { db } = await server.fresh()
  const { state, seen, options, reader, listings } = await openWorld(db)
  expect((await compareWithErp(options, 'Ada')).words).toBe('The first comparison with the ERP: 3 items taken over.')
  expect(await compareWithErp(options, 'Ada')).toMatchObject({
    ...{ outcome: 'compared', missed: 0, words: '3 items of the ERP compared. The increments had missed nothing.' },
  })
  state.items = [erpItem('A', 110), erpItem('B', 210), erpItem('D', 400)]
  seen.add('B')
  expect(await pullCatalogue(options, 'changes')).toMatchObject({ outcome: 'applied', full: false, applied: { prices: 1 } })
  state.items = [erpItem('A', 110), erpItem('B', 220), erpItem('D', 400)]
  expect(await compareWithErp(options, 'Ada')).toMatchObject({
    ...{ askedBy: 'Ada', looked: 3, missed: 3 },
    items: [
      { itemId: 'A', what: ['price'] },
      { itemId: 'C', what: ['no longer listed'] },
      { itemId: 'D', what: ['item', 'price', 'listed'] },
    ],
    words:
      '3 items of the ERP compared. The increments had missed 3 items: A (price), C (no longer listed), D (item, price, listed). All of it is put right, and the stores are told.',
  })
  expect(state.pulls.slice(-2)).toEqual(['changes', 'everything'])
  await reader.sync()
  await listings.sync()
  expect(['A', 'B', 'D'].map((itemId) => priceAt(reader, itemId, Date.now() + 5_000))).toEqual([110, 220, 400])
  expect(listings.held.get('C')?.listed).toBe(false)
})

it('[PRC14] once a night, and made up for when the ERP was away', async () => {
  const { db } = await server.fresh()
  const { state, options } = await openWorld(db)
  expect(await compareAtNight(options)).toBeNull()
  await pullCatalogue(options)
  state.isAway = true
  expect(await compareAtNight(options)).toMatchObject({ outcome: 'unavailable', words: expect.stringContaining('the line is down') })
  state.isAway = false
  expect(await compareAtNight(options)).toMatchObject({ outcome: 'compared', askedBy: 'nightly' })
  expect(await compareAtNight(options)).toBeNull()
  await sql`update catalogue_comparison set compared_at = compared_at - interval '24 hours'`.execute(db)
  state.items = [erpItem('A', 120), erpItem('B', 200), erpItem('C', 300)]
  expect(await compareAtNight(options)).toMatchObject({ outcome: 'compared', missed: 1 })
})
