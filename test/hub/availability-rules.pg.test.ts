/** The merchant's rules, over HTTP and on a real PostgreSQL: imported, refused, brought back, and what they do to figures and reservations. */
import { reserve } from '#hub/availability/reservations.ts'
import { publishChanges } from '#hub/events/publication.ts'
import { lookAtStores, sweepSlice } from '#hub/events/sweep.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
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
  await sql`update device set last_seen_at = now()`.execute(db)
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

/** For 27 days; a movement writes its balance's row, as the projection does. */
const sell = async (db: Database, itemId: string, perDay: number): Promise<void> => {
  await sql`insert into stock_movement select 'S1', 'S1|W1|' || n || ${itemId}, 1, ${itemId}, ${-1_000 * perDay}, current_date - n::int
    from generate_series(1, 27) n`.execute(db)
  await sql`update stock_balance set quantity_milli = quantity_milli where item_id = ${itemId}`.execute(db)
}

const available = async (hub: RunningHub, itemId: string, channel?: string): Promise<number> => {
  const { body } = await hub.get(`/v1/availability?itemId=${itemId}&storeId=S1${channel === undefined ? '' : `&channel=${channel}`}`)
  return (body as { items: { availableMilli: number }[] }).items[0]?.availableMilli ?? -1
}
const why = async (hub: RunningHub, itemId: string, channel: string): Promise<string> =>
  ((await hub.get(`/v1/availability/why?itemId=${itemId}&storeId=S1&channel=${channel}`)).body as { why: string }).why

it('[AVL11] each channel has its own figure by the rules of the day, in words, and the same call tells it of many items', async () => {
  const { db, hub } = await setUp()
  await sql`insert into stock_balance values ('S1', 'A', 20000), ('S1', 'B', 60000)`.execute(db)
  await hub.post('/v1/availability/categories/import', { items: [{ itemId: 'A', category: 'dairy' }] })
  expect(await available(hub, 'A', 'web')).toBe(20_000)
  const { rows } = await sql<{ today: string }>`select (now() at time zone time_zone)::date as today from store`.execute(db)
  const today = rows[0]?.today ?? ''
  const past = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)
  const rules = csv(
    'keep;safety-stock;;dairy;;;;;units;4;Ann;broken ones',
    'half;allocation;;;;web;;;percent;50;Bert;the shop sells too',
    'shut;allocation;B;;S1;market;;;closed;;Bert;shop only',
    `over;allocation;A;;S1;web;2020-01-01;${past};closed;;Bert;long over`,
  )
  expect(await importCsv(hub, rules)).toMatchObject({ body: { outcome: 'in-force' } })
  expect(await available(hub, 'A')).toBe(16_000)
  expect(await available(hub, 'A', 'web')).toBe(8_000)
  expect(await available(hub, 'A', 'market')).toBe(16_000)
  expect(await available(hub, 'A', 'store')).toBe(20_000)
  expect(await why(hub, 'A', 'web')).toBe(
    '20 on hand; 4 kept as safety stock (rule keep of Ann: broken ones); at most 8 for this channel (rule half of Bert: the shop sells too); 8 offered.',
  )
  expect(await why(hub, 'B', 'market')).toContain('closed for this channel (rule shut of Bert: shop only); 0 offered')
  expect((await hub.get('/v1/availability?itemId=A&itemId=B&channel=market')).body).toMatchObject({
    items: [{ availableMilli: 16_000 }, { availableMilli: 0 }],
  })
  // A day's exception, more specific by its dates, from one call to the next; and gone with it
  await importCsv(hub, csv(`today;safety-stock;;dairy;;;${today};${today};units;9;Ann;the day of the fair`))
  expect(await available(hub, 'A')).toBe(11_000)
  await hub.post('/v1/availability/rules/versions/1/restore?by=Ann&why=over')
  expect(await available(hub, 'A')).toBe(16_000)
  // How sure it must be is a rule as well
  await sell(db, 'B', 24)
  const usual = await available(hub, 'B')
  await importCsv(hub, csv('sure;service-level;B;;;market-two;;;percent;99.99;Ann;fragile customers'))
  expect(await available(hub, 'B', 'market-two')).toBeLessThan(usual)
  expect(await available(hub, 'B')).toBe(usual)
})

const ask = (reservationId: string, kind: 'soft' | 'hard', channel: string, units: number) => ({
  ...{ reservationId, kind, channel, fill: 'all' as const, expiresInSeconds: 900 },
  lines: [{ itemId: 'A', quantityMilli: units * 1_000, storeIds: ['S1'] }],
})

it('[AVL12] a channel never holds more than its allocation, whoever asks at once; orders leave safety stock alone, the store itself does not', async () => {
  const { db, hub } = await setUp()
  await sql`insert into stock_balance values ('S1', 'A', 20000)`.execute(db)
  await importCsv(hub, csv('keep;safety-stock;A;;;;;;units;4;Ann;x', 'part;allocation;;;;web;;;percent;50;Bert;x'))
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => reserve(db, ask(`W${n}`, n % 2 === 0 ? 'soft' : 'hard', 'web', 1))),
  )
  expect(answers.filter(({ outcome }) => outcome === 'reserved')).toHaveLength(8)
  expect(await available(hub, 'A', 'web')).toBe(0)
  expect(await why(hub, 'A', 'web')).toContain('at most 8 for this channel, 8 of it reserved already (rule part of Bert: x)')
  expect(await available(hub, 'A', 'market')).toBe(8_000)
  expect(await reserve(db, ask('M', 'hard', 'market', 9))).toMatchObject({ outcome: 'not-enough', short: [{ missingMilli: 1_000 }] })
  expect(await reserve(db, ask('M', 'hard', 'market', 8))).toMatchObject({ outcome: 'reserved' })
  expect(await reserve(db, ask('S', 'hard', 'store', 5))).toMatchObject({ outcome: 'not-enough', short: [{ missingMilli: 1_000 }] })
  expect(await reserve(db, ask('S', 'hard', 'store', 4))).toMatchObject({ outcome: 'reserved' })
})

it('[AVL12] a cart takes no more than its channel’s figure; an order that was promised is not refused for doubt', async () => {
  const { db, hub } = await setUp()
  await sql`insert into stock_balance values ('S1', 'A', 60000)`.execute(db)
  await sell(db, 'A', 24)
  const figure = await available(hub, 'A', 'web')
  expect(figure).toBeGreaterThan(0)
  expect(figure).toBeLessThan(60_000)
  const units = figure / 1_000
  expect(await reserve(db, ask('cart', 'soft', 'web', units + 1))).toMatchObject({
    outcome: 'not-enough',
    short: [{ missingMilli: 1_000 }],
  })
  expect(await reserve(db, ask('cart', 'soft', 'web', units))).toMatchObject({ outcome: 'reserved' })
  expect(await reserve(db, ask('more', 'soft', 'web', 1))).toMatchObject({ outcome: 'not-enough' })
  expect(await reserve(db, ask('order', 'hard', 'web', 1))).toMatchObject({ outcome: 'reserved' })
})

it('[AVL11] a rule that takes effect is published: the figures that it changes, of every store', async () => {
  const { db, hub } = await setUp()
  await sql`insert into stock_balance values ('S1', 'A', 20000), ('S1', 'B', 20000)`.execute(db)
  const sweep = async (): Promise<number> => {
    await lookAtStores(db, 0)
    let told = 0
    for (let slice = await sweepSlice(db); slice !== null; slice = await sweepSlice(db)) told += slice.told
    return told
  }
  // The hub's own publisher is at work beside this
  const tellsOf = async (itemId: string, availableMilli: number) =>
    expect(await db.selectFrom('availability_event').select('available_milli').where('item_id', '=', itemId).execute()).toEqual([
      { available_milli: availableMilli },
    ])
  await publishChanges(db)
  await sweep()
  await vi.waitFor(() => tellsOf('A', 20_000), 10_000)
  await importCsv(hub, csv('keep;safety-stock;A;;;;;;units;4;Ann;x'))
  await sweep()
  await vi.waitFor(() => tellsOf('A', 16_000), 10_000)
  await tellsOf('B', 20_000)
})
