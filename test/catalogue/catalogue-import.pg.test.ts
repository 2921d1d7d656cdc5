/** Imports of prices and assortments over the API of a whole hub, and what stores hold afterwards. */
import { expect, it } from 'vitest'
import { withDatabase } from '../hub/database.ts'
import { type RunningHub, withHubs } from '../hub/running-hub.ts'
import { createStoreReader, erpItem, openStore, priceAt, pullItems } from './catalogue-world.ts'

const server = withDatabase()
const startHub = withHubs()
const query = 'by=Ada&why=summer'

const openWorld = async () => {
  const { db, url } = await server.fresh()
  for (const storeId of ['S1', 'S2']) await openStore(db, storeId)
  await pullItems(db, [erpItem('A', 1_000), erpItem('B', 2_000)], true)
  const hub = await startHub({ DATABASE_URL: url, TIDELINE_PRICE_JUMP_FACTOR: '5' })
  expect(await hub.put('/v1/price-zones/north', { name: 'North', currency: 'EUR' })).toMatchObject({ status: 201 })
  const move = { storeIds: ['S1', 'S2'], zoneId: 'north', by: 'Ada', why: 'opening' }
  expect(await hub.post('/v1/price-zones/moves', move)).toMatchObject({ status: 200, body: { outcome: 'moved', stores: 2 } })
  const changes = async () => {
    const heads = await db.selectFrom('feed_head').selectAll().orderBy('feed').orderBy('scope').execute()
    const tables = ['stated_price', 'held_price', 'exception', 'assortment_entry'] as const
    const counts = await Promise.all(
      tables.map((table) =>
        db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .execute(),
      ),
    )
    return JSON.stringify([heads, counts])
  }
  return { db, hub, changes, readers: ['S1', 'S2'].map((storeId) => createStoreReader(db, 'prices', storeId)) }
}

const send = (hub: RunningHub, kind: string, body: string, dryRun = false) =>
  fetch(`${hub.url}/v1/catalogue/import?kind=${kind}&${query}&dryRun=${dryRun}`, {
    ...{ method: 'POST', body, headers: { authorization: `Bearer ${hub.operatorToken}`, 'content-type': 'text/csv' } },
  }).then(async (answer) => ({ status: answer.status, body: (await answer.json()) as unknown }))

const heading = 'price_id;level;place;item_id;amount;currency;effective_from;effective_to\n'

it('[PRC15] every line is refused by its own reason, and nothing takes effect; a dry run changes nothing either', async () => {
  const { hub, changes } = await openWorld()
  const before = await changes()
  const rows = [
    'p1;zone;north;A;9.50;EUR;2040-01-01T00:00Z;',
    'p2;zone;west;A;9.50;EUR;2040-01-01T00:00Z;',
    'p3;store;S1;X;9.50;EUR;2040-01-01T00:00Z;',
    'p4;store;S1;A;9.505;EUR;2040-01-01T00:00Z;',
    'p5;store;S1;A;9.50;SEK;2040-01-01T00:00Z;',
    'p6;store;S1;B;19.00;EUR;2040-02-01T00:00Z;',
    'p7;store;S1;B;18.00;EUR;2040-02-01T00:00Z;',
    'p8;store;S2;B;18.00;EUR;2040-02-01T00:00Z;2040-01-01T00:00Z',
    'p9;store;S2;B;18.00;EUR;next week;',
    'erp:x;store;S2;A;9.00;EUR;2040-02-01T00:00Z;',
    'p10;store;S2;A;"9.00;EUR',
  ]
  const answer = await send(hub, 'prices', `\uFEFF${heading}${rows.join('\n')}\n`)
  expect(answer).toMatchObject({ status: 422, body: { outcome: 'refused', accepted: 1, refused: 10 } })
  const { lines } = answer.body as { lines: { line: number; outcome: string; reason?: string }[] }
  const reasons = [
    undefined,
    'There is no zone west.',
    'There is no item X.',
    '“9.505” is no amount of EUR: write it as 12.50.',
    'Store S1 sells in EUR.',
    'Lines 7 and 8 both begin at the same moment for B: two prices in force at once.',
    'Lines 7 and 8 both begin at the same moment for B: two prices in force at once.',
    'effectiveTo must be after effectiveFrom.',
    expect.stringMatching(/^effectiveFrom: /),
    'Price ids beginning with "erp:" are the ERP\'s.',
    'A quote is not closed, or not doubled within the cell.',
  ]
  expect(lines.map(({ line, reason }) => [line, reason])).toEqual(reasons.map((reason, index) => [index + 2, reason]))
  expect(await changes()).toBe(before)
  const dry = await send(hub, 'prices', `${heading}${rows[0]}\np11;store;S1;A;90.00;EUR;2040-03-01T00:00Z;\n`, true)
  expect(dry).toMatchObject({ status: 200, body: { outcome: 'checked', accepted: 1, held: 1 } })
  expect(await changes()).toBe(before)
  expect(await send(hub, 'prices', 'price_id;level\n')).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining('Missing: place') },
  })
})

it('[PRC15] an import takes effect for all its stores at once; doubtful lines are held; the same import again changes nothing', async () => {
  const { hub, changes, readers } = await openWorld()
  const rows = [
    'p1;zone;north;A;9.50;EUR;2040-01-01T00:00Z;2040-02-01T00:00Z',
    'p2;store;S1;A;9.00;EUR;2040-01-10T00:00:00.000Z;',
    'p3;zone;north;B;100.00;EUR;2040-01-01T00:00Z;',
    'p4;zone;north;B;0;EUR;2041-01-01T00:00Z;',
  ]
  const csv = `${heading}${rows.join('\n')}\n`
  const taken = await send(hub, 'prices', csv)
  expect(taken).toMatchObject({ status: 200, body: { outcome: 'taken', accepted: 2, held: 2 } })
  for (const reader of readers) await reader.sync()
  const at = (reader: (typeof readers)[number], itemId: string, month: number, day: number) =>
    priceAt(reader, itemId, Date.UTC(2040, month, day))
  expect(readers.map((reader) => [at(reader, 'A', 0, 5), at(reader, 'A', 0, 20), at(reader, 'A', 2, 1), at(reader, 'B', 0, 5)])).toEqual([
    [950, 900, 900, 2_000],
    [950, 950, 1_000, 2_000],
  ])
  const before = await changes()
  expect(await send(hub, 'prices', csv)).toMatchObject({ status: 200, body: { outcome: 'taken', unchanged: 2, held: 2 } })
  expect(await changes()).toBe(before)
  const { held } = (await hub.get('/v1/catalogue/held')).body as { held: { heldId: number; message: string }[] }
  expect(held.map(({ message }) => message)).toEqual([
    'The price p4 of B for zone north is 0.00 EUR.',
    'The price p3 of B for zone north goes from 20.00 EUR to 100.00 EUR, 5 times higher.',
  ])
  const accepted = await hub.post(`/v1/catalogue/held/${held[1]?.heldId}/accept`, { by: 'Bo', why: 'by the case now' })
  expect(accepted).toEqual({ status: 200, body: { outcome: 'accepted' } })
  for (const reader of readers) await reader.sync()
  expect(readers.map((reader) => at(reader, 'B', 0, 5))).toEqual([10_000, 10_000])
  expect(await hub.get('/v1/catalogue/price-in-force?storeId=S1&itemId=A&at=2040-01-20T00:00:00.000Z')).toMatchObject({
    ...{ status: 200, body: { price: { priceId: 'p2', level: 'store', amountMinor: 900 } } },
  })
})

it('[PRC15] assortments come as JSON too, and as CSV', async () => {
  const { db, hub } = await openWorld()
  expect(await hub.put('/v1/clusters/big', { name: 'Big', storeIds: ['S2'], by: 'Ada', why: 'size' })).toMatchObject({ status: 200 })
  const rows = [
    { entryId: 'a1', level: 'cluster', place: 'big', itemId: 'A', listedFrom: '2040-01-01T00:00:00.000Z' },
    {
      entryId: 'a2',
      level: 'store',
      place: 'S1',
      itemId: 'B',
      listedFrom: '2020-01-01T00:00:00.000Z',
      listedTo: '2021-01-01T00:00:00.000Z',
    },
  ]
  const path = `/v1/catalogue/import?kind=assortments&${query}`
  expect(await hub.post(path, { rows: [...rows, { entryId: 'a3' }] })).toMatchObject({ status: 422, body: { refused: 1 } })
  expect(await hub.post(path, { rows })).toMatchObject({ status: 200, body: { outcome: 'taken', accepted: 2 } })
  const csv = 'entry_id,level,place,item_id,listed_from,listed_to\na1,cluster,big,A,2040-01-01T00:00Z,\n'
  expect(await send(hub, 'assortments', csv)).toMatchObject({ status: 200, body: { unchanged: 1 } })
  const listed = await db.selectFrom('assortment').selectAll().where('listed', '=', false).orderBy('store_id').execute()
  expect(listed.map((row) => [row.store_id, row.item_id])).toEqual([
    ['S1', 'B'],
    ['S2', 'A'],
  ])
})
