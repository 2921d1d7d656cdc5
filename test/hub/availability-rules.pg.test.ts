/** The merchant's rules, over HTTP and on a real PostgreSQL: imported, refused, brought back, and what they do to figures and reservations. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { type RunningHub, withHubs } from './running-hub.ts'
import { addItem } from './stocking.ts'

const server = withDatabase()
const startHub = withHubs()

const header = 'rule;kind;item;category;store;channel;from;until;measure;amount;owner;reason'
const csv = (...lines: string[]): string => [header, ...lines].join('\n')

const importCsv = async (hub: RunningHub, text: string, query = '') => {
  const headers = { authorization: `Bearer ${hub.operatorToken}`, 'content-type': 'text/csv' }
  const response = await fetch(`${hub.url}/v1/availability/rules/import?by=Ann&why=spring${query}`, { method: 'POST', headers, body: text })
  return { status: response.status, body: (await response.json()) as unknown }
}

const setUp = async () => {
  const { db, url } = await server.fresh()
  await enrolModelDevice(db)
  for (const itemId of ['A', 'B']) await addItem(db, itemId)
  return { db, hub: await startHub({ DATABASE_URL: url }) }
}

it('[AVL10] rules are checked line by line, take effect all or none as a version, are read back as they were, and brought back', async () => {
  const { db, hub } = await setUp()
  expect(await hub.get('/v1/availability/rules')).toEqual({ status: 200, body: { version: 0, rules: [] } })
  const good = csv('keep;safety-stock;A;;;;;;units;2;Ann;broken ones', 'half;allocation;;;S1;web;;;percent;50;Bert;the shop sells too')
  expect(await importCsv(hub, good, '&dryRun=true')).toMatchObject({ status: 200, body: { outcome: 'checked', version: 0 } })
  expect(await importCsv(hub, good)).toMatchObject({ status: 200, body: { outcome: 'in-force', version: 1 } })
  expect(await importCsv(hub, good)).toMatchObject({ body: { outcome: 'unchanged', version: 1 } })
  const bad = csv(
    'keep-more;safety-stock;A;;;;;;units;3;Ann;more',
    'new;safety-stock;;;S9;;;;units;1;Ann;none',
    'b;service-level;;;;;;;units;1;;',
  )
  expect(await importCsv(hub, bad)).toMatchObject({
    status: 422,
    body: {
      ...{ outcome: 'refused', version: 1, refused: 3 },
      lines: [
        { line: 2, reason: expect.stringContaining('keep (in force, for good) and keep-more (line 2, for good) name the same') as string },
        { line: 3, reason: 'There is no store S9.' },
        { line: 4, outcome: 'refused' },
      ],
    },
  })
  const half = { ruleId: 'half', kind: 'allocation', storeId: 'S1', channel: 'web', measure: 'percent', amount: 500_000, owner: 'Bert' }
  const keep = { ruleId: 'keep', kind: 'safety-stock', itemId: 'A', measure: 'units', amount: 2_000, owner: 'Ann', reason: 'broken ones' }
  const rules = [{ ...half, reason: 'the shop sells too' }, keep]
  expect(await hub.get('/v1/availability/rules')).toEqual({ status: 200, body: { version: 1, rules } })
  const exported = (await hub.get('/v1/availability/rules?format=csv')).body as string
  expect(await importCsv(hub, exported, '&mode=replace')).toMatchObject({ body: { outcome: 'unchanged' } })
  expect(await hub.post('/v1/availability/rules/import?by=A&why=b&mode=replace', { rules })).toMatchObject({
    body: { outcome: 'unchanged' },
  })
  expect(await hub.post('/v1/availability/rules/import?by=A&why=b', { rules: [{ ruleId: 'x' }] })).toMatchObject({
    status: 422,
    body: { lines: [{ line: 1, outcome: 'refused' }] },
  })

  const { ruleId: _ruleId, ...body } = keep
  const put = '/v1/availability/rules/keep?by=Ann&why=fewer'
  expect(await hub.put(put, { ...body, amount: 1_000 })).toMatchObject({ status: 200, body: { outcome: 'in-force', version: 2 } })
  expect(await hub.put(put, { ...body, owner: 'Bert' })).toMatchObject({ status: 422, body: { outcome: 'refused' } })
  expect(await hub.get('/v1/availability/rules?version=1')).toMatchObject({ body: { version: 1, rules } })
  expect(await hub.post('/v1/availability/rules/versions/1/restore?by=Ann&why=back')).toMatchObject({
    body: { outcome: 'in-force', version: 3 },
  })
  expect(await hub.post('/v1/availability/rules/versions/9/restore?by=Ann&why=back')).toMatchObject({ status: 404 })
  expect(await hub.get('/v1/availability/rules')).toEqual({ status: 200, body: { version: 3, rules } })
  expect(await hub.get('/v1/availability/rules/versions')).toMatchObject({
    body: {
      versions: [
        { version: 3, restored: 1, why: 'back' },
        { version: 2, why: 'fewer' },
        { version: 1, by: 'Ann', rules: 2 },
      ],
    },
  })
  // The table keeps every version: nothing of one is written over by another
  expect((await sql`select from availability_rule where rule_id = 'keep'`.execute(db)).rows).toHaveLength(3)
})

it('[AVL10] an item has one category; a category that a rule names keeps an item', async () => {
  const { hub } = await setUp()
  const put = (items: unknown[], query = '') => hub.post(`/v1/availability/categories/import?${query}`, { items })
  const dairy = { itemId: 'A', category: 'dairy' }
  expect(await importCsv(hub, csv('r;safety-stock;;dairy;;;;;units;2;Ann;x'))).toMatchObject({
    body: { lines: [{ reason: 'No item is in the category “dairy”.' }] },
  })
  expect(await put([dairy, { itemId: 'A', category: 'bread' }, { itemId: 'Z', category: 'bread' }])).toMatchObject({
    status: 422,
    body: { refused: 2, lines: [{ outcome: 'accepted' }, { line: 2 }, { reason: 'There is no item Z in the catalogue.' }] },
  })
  expect(await put([dairy], 'dryRun=true')).toMatchObject({ body: { outcome: 'checked' } })
  expect(await put([dairy])).toMatchObject({ status: 200, body: { outcome: 'in-force' } })
  expect(await importCsv(hub, csv('r;safety-stock;;dairy;;;;;units;2;Ann;x'))).toMatchObject({ body: { outcome: 'in-force' } })
  expect(await put([{ itemId: 'A', category: 'bread' }])).toMatchObject({
    status: 422,
    body: { lines: [{ reason: 'With this import no item would be in “dairy”, which the rule r of Ann names.' }] },
  })
  expect(await hub.get('/v1/availability/categories')).toMatchObject({ body: { items: [dairy] } })
  expect(await hub.get('/v1/availability/categories?format=csv')).toMatchObject({ body: 'item;category\r\nA;dairy\r\n' })
})
