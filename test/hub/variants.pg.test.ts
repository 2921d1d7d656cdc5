/** Parents and variants over HTTP: imported with the mapping, refused by line, shown with the items. */
import type { Database } from '#hub/storage/database.ts'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const addItem = (db: Database, itemId: string) =>
  db
    .insertInto('item')
    .values({ item_id: itemId, name: `Name of ${itemId}`, barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 0, erp_id: null })
    .execute()

it('[IDN18] variants stand under their parent with size and colour; where their availability is asked for is told', async () => {
  const { db, url } = await server.fresh()
  for (const itemId of ['RED-S', 'RED-M', 'CAP']) await addItem(db, itemId)
  const hub = await startHub({ DATABASE_URL: url })
  const send = (lines: readonly string[]) =>
    fetch(`${hub.url}/v1/mappings/import?by=Anna&why=range`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${hub.operatorToken}` },
      body: ['list;scope;scope_id;kind;code;target;unit;owner', ...lines].join('\n'),
    }).then(async (answer) => ({ status: answer.status, body: (await answer.json()) as { lines: { reason?: string }[] } }))

  const parents = ['parent;all;;sku;RED-S;SHIRT;;m', 'parent;all;;sku;RED-M;SHIRT;;m']
  const axes = ['axis;all;;axis;size:RED-S;S;;m', 'axis;all;;axis;colour:RED-S;red;;m', 'axis;all;;axis;size:RED-M;M;;m']
  expect(await send([...parents, ...axes])).toMatchObject({ status: 200 })
  expect(await hub.get('/v1/items/SHIRT')).toEqual({
    status: 200,
    body: {
      itemId: 'SHIRT',
      item: null,
      parent: null,
      axes: {},
      variants: [
        { itemId: 'RED-M', name: 'Name of RED-M', axes: { size: 'M' } },
        { itemId: 'RED-S', name: 'Name of RED-S', axes: { colour: 'red', size: 'S' } },
      ],
      availability: '/v1/availability?itemId=RED-M&itemId=RED-S',
    },
  })
  const { body: available } = await hub.get('/v1/availability?itemId=RED-M&itemId=RED-S')
  expect(available).toMatchObject({ items: [{ itemId: 'RED-M' }, { itemId: 'RED-S' }] })
  expect(await hub.get('/v1/items/RED-S')).toMatchObject({
    body: {
      item: { itemId: 'RED-S' },
      parent: 'SHIRT',
      axes: { colour: 'red', size: 'S' },
      variants: [],
      availability: '/v1/availability?itemId=RED-S',
    },
  })
  expect(await hub.get('/v1/items/GONE')).toMatchObject({ status: 404 })

  // A cap with a size of its own: the parent is an item too.
  expect(await send(['parent;all;;sku;RED-S;CAP;;m'])).toMatchObject({ status: 200 })
  const { body } = await hub.get('/v1/items')
  expect(body).toMatchObject({
    items: [
      { itemId: 'CAP', variants: ['RED-S'] },
      { itemId: 'RED-M', parent: 'SHIRT', axes: { size: 'M' } },
      { itemId: 'RED-S', parent: 'CAP' },
    ],
  })

  const refused = await send(['parent;all;;sku;CAP;RED-S;;m'])
  expect(refused.status).toBe(422)
  expect(refused.body.lines[0]?.reason).toBe('RED-S is itself a variant of CAP: a parent is nobody’s variant.')
})
