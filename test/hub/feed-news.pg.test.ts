/** What comes with a poke at a real gateway. */
import { expect, it, vi } from 'vitest'
import { buryInFeed, writeFeed } from '#hub/catalogue/feed.ts'
import { ensureEpoch } from '#hub/epoch/epoch.ts'
import { itemSchema, priceSchema } from '#sync/contract/catalogue.ts'
import { pokeSchema, type FeedNews } from '#sync/contract/down.ts'
import { type TestDatabase, withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withGateways } from './running-gateway.ts'
import type { WireClient } from './wire-client.ts'

const server = withDatabase()
const gateways = withGateways()

const soon = 10_000

const price = (id: string, amountMinor: number, storeId = 'S1') =>
  priceSchema.parse({
    ...{ priceId: id, itemId: 'I1', storeId, amountMinor, currency: 'EUR', effectiveFrom: '2026-01-01T00:00:00.000Z' },
  })
const item = (n: number, name: string) =>
  itemSchema.parse({ itemId: `I${n}`, name, barcodes: [`4${n}`], unit: 'each', taxCode: 'A', taxRateMicro: 70_000 })
const pokes = ({ pushed }: WireClient, feed: string) =>
  pushed.flatMap(({ event, message }) => (event === 'poke' ? [pokeSchema.parse(message)] : [])).filter((poke) => poke.feed === feed)
const newsOf = (wire: WireClient, feed: string): (FeedNews | undefined)[] => pokes(wire, feed).map(({ news }) => news)

/** A gateway that listens, with a store S1 of this protocol. */
const connected = async (database: TestDatabase, protocolVersion = 4) => {
  // Or the gateway begins one as soon as it listens, and sends home whoever was welcomed before.
  await ensureEpoch(database.db)
  const wire = gateways.connect(await gateways.start(database))
  await wire.hello(await enrolModelDevice(database.db), { protocolVersion })
  let n = 0
  await vi.waitFor(async () => {
    await database.db.transaction().execute((trx) => writeFeed(trx, 'items', '*', [item(0, `heard ${(n += 1)}`)]))
    expect(pokes(wire, 'items').some(({ feed, news }) => feed === 'items' && (news !== undefined || protocolVersion < 4))).toBe(true)
  }, soon)
  return wire
}

it('[TRN6] brings what is little, deletions and what was written twice in one transaction; what is much is only named', async () => {
  const database = await server.fresh()
  const wire = await connected(database)
  const { db } = database
  await db.transaction().execute(async (trx) => {
    await writeFeed(trx, 'prices', 'S1', [price('a', 1), price('b', 1)])
    await writeFeed(trx, 'prices', 'S1', [price('b', 2)])
    await writeFeed(trx, 'prices', 'S2', [price('c', 1, 'S2')])
  })
  await vi.waitFor(() => expect(pokes(wire, 'prices').filter(({ news }) => news)).toHaveLength(1), soon)
  expect(newsOf(wire, 'prices').at(-1)).toEqual({
    ...{ after: 0, checkpoint: 3, epoch: expect.stringMatching(/./) },
    beside: [
      { feed: 'items', checkpoint: expect.any(Number) },
      { feed: 'assortment', checkpoint: 0 },
    ],
    entries: [
      { id: 'a', checkpoint: 1, deleted: false, document: price('a', 1) },
      { id: 'b', checkpoint: 3, deleted: false, document: price('b', 2) },
    ],
  })
  // Written and buried behind `after`: whoever stands between has it, and must hear that it is gone.
  await db.transaction().execute(async (trx) => {
    await writeFeed(trx, 'prices', 'S1', [price('d', 1)])
    await buryInFeed(trx, 'prices', 'S1', ['d', 'a'])
  })
  await vi.waitFor(() => expect(newsOf(wire, 'prices').at(-1)?.after).toBe(3), soon)
  expect(newsOf(wire, 'prices').at(-1)?.entries).toEqual([
    { id: 'd', checkpoint: 5, deleted: true, document: null },
    { id: 'a', checkpoint: 6, deleted: true, document: null },
  ])
  const before = pokes(wire, 'prices').length
  const many = Array.from({ length: 30 }, (_, n) => price(`m${n}`, n))
  await db.transaction().execute((trx) => writeFeed(trx, 'prices', 'S1', many))
  await vi.waitFor(() => expect(pokes(wire, 'prices').slice(before)).toEqual([{ feed: 'prices' }]), soon)
  const items = pokes(wire, 'items').length
  await db.transaction().execute((trx) =>
    writeFeed(
      trx,
      'items',
      '*',
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => item(n, 'ü'.repeat(200))),
    ),
  )
  await vi.waitFor(() => expect(pokes(wire, 'items').slice(items)).toEqual([{ feed: 'items' }]), soon)
  expect(JSON.stringify(wire.pushed)).not.toContain('S2')
})

it('[TRN12] an agent of protocol 3 hears the poke without the news', async () => {
  const database = await server.fresh()
  const wire = await connected(database, 3)
  await database.db.transaction().execute((trx) => writeFeed(trx, 'prices', 'S1', [price('a', 1)]))
  await vi.waitFor(() => expect(pokes(wire, 'prices').length).toBeGreaterThan(0), soon)
  expect(newsOf(wire, 'prices').every((news) => news === undefined)).toBe(true)
  expect(newsOf(wire, 'items').every((news) => news === undefined)).toBe(true)
})
