/** Mapping and waiting lines at a real PostgreSQL: versions, arrivals in any order, several workers, one of them killed. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { readMappingCsv } from '#hub/identity/mapping-csv.ts'
import { importMapping, readEntries, restoreMapping } from '#hub/identity/mapping-versions.ts'
import { mergeWaitingLines } from '#hub/identity/waiting-lines.ts'
import { drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, insertModelDevice, receipt } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const heading = 'list;scope;scope_id;kind;code;target;unit;owner'
const importCsv = async (db: Database, lines: readonly string[], over = {}) => {
  const read = readMappingCsv([heading, ...lines].join('\n'))
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  return importMapping(db, { rows: read.rows, mode: 'add', takeOver: false, by: 'Anna', why: 'test', dryRun: false, ...over })
}

const addItem = (db: Database, itemId: string, barcodes: string[] = [], unit = 'each') =>
  db
    .insertInto('item')
    .values({ item_id: itemId, name: itemId, barcodes, unit, tax_code: 'A', tax_rate_micro: 70_000, erp_id: null })
    .onConflict((conflict) => conflict.column('item_id').doUpdateSet({ barcodes }))
    .execute()

const line = receipt(1).lineItems[0]
const drain = (db: Database) => drainProjection(db, stockProjection)
const stock = async (db: Database) => ({
  movements: await sql`select * from stock_movement order by natural_key, line_number, item_id`.execute(db).then((r) => r.rows),
  balances: await db.selectFrom('stock_balance').selectAll().orderBy('store_id').orderBy('item_id').execute(),
  waiting: await sql`select * from waiting_line order by natural_key, line_number`.execute(db).then((r) => r.rows),
})
const exceptions = (db: Database) =>
  db.selectFrom('exception').select(['exception_id', 'state', 'message', 'amount_minor']).orderBy('exception_id').execute()

it('[IDN3] [IDN4] [IDN5] one refused line and nothing takes effect; a version is one step, shown later, and brought back as a new one', async () => {
  const { db } = await server.fresh()
  await addItem(db, 'TEA')
  await addItem(db, 'MILK')
  expect(await importCsv(db, ['item;all;;sku;A;TEA;;m', 'item;all;;sku;B;NOWHERE;;m'])).toMatchObject({
    outcome: 'refused',
    version: 0,
    refused: 1,
  })
  expect(await readEntries(db, 0)).toEqual([])
  expect(await importCsv(db, ['item;all;;sku;A;TEA;;m'], { dryRun: true })).toMatchObject({ outcome: 'checked', version: 0 })
  expect(await importCsv(db, ['item;all;;sku;A;TEA;;m', 'item;all;;sku;B;A;;m'])).toMatchObject({ outcome: 'in-force', version: 1 })
  expect(await importCsv(db, ['item;all;;sku;A;TEA;;m'])).toMatchObject({ outcome: 'unchanged', version: 1 })
  expect(await importCsv(db, ['item;all;;sku;A;MILK;;n'])).toMatchObject({ outcome: 'refused' })
  // What is mapped on comes to the new item as well.
  expect(await importCsv(db, ['item;all;;sku;A;MILK;;n'], { takeOver: true })).toMatchObject({ outcome: 'in-force', version: 2 })
  const shown = async (version: number) => (await readEntries(db, version)).map(({ code, itemId, owner }) => [code, itemId, owner])
  expect(await shown(2)).toEqual([
    ['A', 'MILK', 'n'],
    ['B', 'MILK', 'm'],
  ])
  const first = [
    ['A', 'TEA', 'm'],
    ['B', 'TEA', 'm'],
  ]
  expect(await shown(1)).toEqual(first)
  expect(await restoreMapping(db, 1, { by: 'Ben', why: 'wrong file', dryRun: false })).toMatchObject({ outcome: 'in-force', version: 3 })
  expect(await shown(3)).toEqual(first)
  expect(await restoreMapping(db, 9, { by: 'Ben', why: 'x', dryRun: false })).toBe('unknown')
  const versions = await db
    .selectFrom('mapping_version')
    .select(['version', 'made_by', 'reason', 'restored', 'entries'])
    .orderBy('version')
    .execute()
  expect(versions.map((row) => Object.values(row))).toEqual([
    [1, 'Anna', 'test', null, 2],
    [2, 'Anna', 'test', null, 2],
    [3, 'Ben', 'wrong file', 1, 2],
  ])
})

it('[IDN4] imports at the same time become versions one after the other', async () => {
  const { db, anotherPool } = await server.fresh()
  await addItem(db, 'TEA')
  const pools = [db, anotherPool()]
  const answers = await Promise.all(
    ['A', 'B', 'C', 'D'].map((code, at) => importCsv(pools[at % 2] ?? db, [`item;all;;sku;${code};TEA;;m`])),
  )
  expect(answers.map((each) => each.version).sort()).toEqual([1, 2, 3, 4])
  expect(await readEntries(db, 4)).toHaveLength(4)
})

it('[IDN6] [IDN2] a store’s word before everybody’s, spellings, a scale’s barcode; what its line contradicts is flagged and stays', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'TEA', ['4006381333931'])
  await addItem(db, 'APPLE', [], 'kilogram')
  await addItem(db, 'MILK')
  const mapping = [
    'item;all;;sku;77;TEA;;m',
    'item;store;S1;sku;77;MILK;;m',
    'item;all;;scale;2812345;APPLE;kilogram;m',
    'scale-layout;all;;layout;28IIIIIWWWWWC;weight;;m',
  ]
  expect(await importCsv(db, mapping)).toMatchObject({ outcome: 'in-force' })
  const own = { ...line, itemId: undefined }
  device.sell(1, { lineItems: [{ ...line, itemId: '77' }] })
  device.sell(2, { lineItems: [{ ...own, barcode: '04006381333931' }] })
  device.sell(3, { lineItems: [{ ...own, barcode: '2812345012345', quantityMilli: 1_234 }] })
  device.sell(4, { lineItems: [{ ...own, barcode: '2812345012345', quantityMilli: 2_000 }] })
  await acceptBatch(db, device, device.journal)
  await drain(db)
  expect((await stock(db)).balances.map((row) => [row.item_id, row.quantity_milli])).toEqual([
    ['APPLE', -3_234],
    ['MILK', -2_000],
    ['TEA', -2_000],
  ])
  expect(await exceptions(db)).toMatchObject([{ exception_id: 'SCALE_DIFFERS:S1|1|2026-01-31|4:1', state: 'open' }])
})

it('[IDN7] [IDN8] unknown lines wait under one exception with their money; once known they move, once, and it closes; a rebuild agrees', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  device.sell(1, {
    lineItems: [
      { ...line, itemId: 'X' },
      { ...line, lineNumber: 2 },
    ],
  })
  device.sell(2, { lineItems: [{ ...line, itemId: 'X', quantityMilli: -1_000, amountMinor: -119 }] })
  device.sell(3, { lineItems: [{ ...line, itemId: undefined, description: 'Bread' }] })
  await acceptBatch(db, device, device.journal)
  await drain(db)
  expect((await stock(db)).balances).toEqual([{ store_id: 'S1', item_id: 'MILK', quantity_milli: -2_000 }])
  expect(await exceptions(db)).toMatchObject([
    { exception_id: 'UNKNOWN_ITEM:S1:sku:X', state: 'open', amount_minor: 119, message: expect.stringMatching(/^2 lines sell sku:X/) },
    { exception_id: 'UNKNOWN_ITEM:S1:text:Bread', state: 'open', amount_minor: 238, message: expect.stringMatching(/^One line sells/) },
  ])
  expect(await mergeWaitingLines(db)).toBe(0)
  await importCsv(db, ['item;all;;sku;X;MILK;;m', 'item;store;S1;text;Bread;MILK;;m'])
  expect(await mergeWaitingLines(db)).toBe(3)
  expect(await mergeWaitingLines(db)).toBe(0)
  const live = await stock(db)
  expect(live).toMatchObject({ balances: [{ item_id: 'MILK', quantity_milli: -5_000 }], waiting: [] })
  expect((await exceptions(db)).map((row) => row.state)).toEqual(['resolved', 'resolved'])
  await rebuildProjection(db, stockProjection)
  expect(await stock(db)).toEqual(live)
})

it('[IDN7] whatever comes first, with workers side by side: every line moves once, and a rebuild comes to the same', async () => {
  const step = fc.constantFrom('arrive', 'map', 'pull', 'drain', 'look', 'rebuild')
  const sales = fc.array(fc.array(fc.constantFrom('X', 'Y', 'MILK'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  let run = 0
  await fc.assert(
    fc.asyncProperty(sales, fc.array(fc.tuple(step, step), { minLength: 2, maxLength: 8 }), async (receipts, steps) => {
      run += 1
      await sql`truncate store, device, device_stream, record_log, projection_position, stock_movement, stock_balance, waiting_line, item,
        exception, mapping_version, mapping_entry, feed_head, feed_entry cascade`.execute(db)
      const device = await enrolModelDevice(db)
      await addItem(db, 'MILK')
      for (const [index, items] of receipts.entries())
        device.sell(index + 1, { lineItems: items.map((itemId, at) => ({ ...line, lineNumber: (at % 2) + 1, itemId })) })
      let sent = 0
      const take = async (which: string, pool: Database): Promise<unknown> => {
        switch (which) {
          case 'arrive':
            sent = Math.min(sent + 2, device.journal.length)
            return acceptBatch(pool, device, device.journal.slice(0, sent))
          case 'map':
            return importCsv(pool, ['item;all;;sku;X;MILK;;m'])
          case 'pull':
            return addItem(pool, 'Y')
          case 'drain':
            return drain(pool)
          case 'look':
            return mergeWaitingLines(pool)
          default:
            return rebuildProjection(pool, stockProjection)
        }
      }
      for (const [one, two] of steps) await Promise.all([take(one, db), take(two, other)])
      await acceptBatch(db, device, device.journal)
      await importCsv(db, ['item;all;;sku;X;MILK;;m'])
      await addItem(db, 'Y')
      await Promise.all([drain(db), drain(other)])
      await drain(db)
      await Promise.all([mergeWaitingLines(db), mergeWaitingLines(other)])
      const flat = receipts.flat()
      const live = await stock(db)
      const [milk, y] = [flat.filter((item) => item !== 'Y').length, flat.filter((item) => item === 'Y').length]
      expect(live.waiting).toEqual([])
      expect(live.balances.map((row) => [row.item_id, row.quantity_milli])).toEqual([
        ...(milk > 0 ? [['MILK', milk * -2_000]] : []),
        ...(y > 0 ? [['Y', y * -2_000]] : []),
      ])
      expect((await exceptions(db)).filter((row) => row.state === 'open')).toEqual([])
      await rebuildProjection(db, stockProjection)
      expect(await stock(db)).toEqual(live)
    }),
    { numRuns: 25 },
  )
  expect(run).toBeGreaterThanOrEqual(25)
}, 120_000)

it('[IDN7] a worker killed while it merges has merged nothing; the next one merges all, once', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  for (let number = 1; number <= 20; number += 1) device.sell(number, { lineItems: [{ ...line, itemId: 'X' }] })
  await acceptBatch(db, device, device.journal)
  await drain(db)
  await importCsv(db, ['item;all;;sku;X;MILK;;m'])
  const doomed = openDatabase(url, { name: 'doomed', maxConnections: 1 })
  // The balance's row is held, so that the doomed one stands in the middle of its transaction.
  await db.insertInto('stock_balance').values({ store_id: 'S1', item_id: 'MILK', quantity_milli: 0 }).execute()
  await db.transaction().execute(async (trx) => {
    await sql`select from stock_balance for update`.execute(trx)
    const merging = mergeWaitingLines(doomed).catch((error: unknown) => error)
    await vi.waitFor(async () => {
      const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
        where application_name = 'doomed' and wait_event_type = 'Lock'`.execute(db)
      expect(rows).toHaveLength(1)
      await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(db)
    }, 5_000)
    expect(await merging).toBeInstanceOf(Error)
  })
  await doomed.destroy()
  expect((await stock(db)).waiting).toHaveLength(20)
  expect(await mergeWaitingLines(db)).toBe(20)
  expect((await stock(db)).balances).toMatchObject([{ quantity_milli: -40_000 }])
})

it('[IDN3] [IDN8] [IDN9] over HTTP: dry run, refusal line by line, import, export, one click, restore', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  device.sell(1, { lineItems: [{ ...line, itemId: 'X' }] })
  await acceptBatch(db, device, device.journal)
  const unknown = async () => (await hub.get('/v1/unknown-items')).body
  await vi.waitFor(
    async () => expect(await unknown()).toMatchObject({ unknown: [{ id: 'UNKNOWN_ITEM:S1:sku:X', lines: 1, amountMinor: 238 }] }),
    10_000,
  )
  const csv = (text: string, query: string) =>
    fetch(`${hub.url}/v1/mappings/import?by=Anna&why=start&${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${hub.operatorToken}` },
      body: text,
    }).then(async (answer) => ({ status: answer.status, body: (await answer.json()) as unknown }))
  expect(await csv(`${heading}\nitem;all;;sku;Z;NOWHERE;;m\n`, '')).toMatchObject({
    status: 422,
    body: { outcome: 'refused', lines: [{ line: 2, outcome: 'refused', reason: 'There is no item NOWHERE in the catalogue.' }] },
  })
  expect(await csv(`${heading}\nitem;all;;sku;Z;MILK;;m\n`, 'dryRun=true')).toMatchObject({
    status: 200,
    body: { outcome: 'checked', version: 0 },
  })
  expect(await csv(`${heading}\nitem;all;;sku;=Z;MILK;;m\n`, '')).toMatchObject({ status: 200, body: { outcome: 'in-force', version: 1 } })
  const exported = await fetch(`${hub.url}/v1/mappings`, { headers: { authorization: `Bearer ${hub.operatorToken}` } })
  expect(exported.headers.get('content-type')).toContain('text/csv')
  expect(await exported.text()).toBe(`${heading}\r\nitem;all;;sku;'=Z;MILK;;m\r\n`)

  const click = { itemId: 'NOWHERE', owner: 'm', by: 'Anna', why: 'seen on the shelf' }
  const path = `/v1/unknown-items/${encodeURIComponent('UNKNOWN_ITEM:S1:sku:X')}/resolve`
  expect(await hub.post(path, click)).toMatchObject({ status: 422, body: { message: expect.stringContaining('NOWHERE') } })
  expect(await hub.post(path, { ...click, itemId: 'MILK' })).toMatchObject({ status: 200, body: { version: 2 } })
  await vi.waitFor(async () => expect(await unknown()).toEqual({ unknown: [] }), 10_000)
  expect(await hub.post(path, { ...click, itemId: 'MILK' })).toMatchObject({ status: 404 })
  expect((await stock(db)).balances).toMatchObject([{ item_id: 'MILK', quantity_milli: -2_000 }])
  expect(await hub.post('/v1/mappings/versions/1/restore', { by: 'Ben', why: 'back' })).toMatchObject({ status: 200, body: { version: 3 } })
  expect((await hub.get('/v1/mappings/versions')).body).toMatchObject({
    versions: [{ version: 3, restored: 1, by: 'Ben' }, { version: 2 }, { version: 1 }],
  })
})

it('[HUB8] [IDN7] a database from before: stock under numbers that nobody knew is read again from the log, and waits', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 3)
  const device = await insertModelDevice(db)
  await addItem(db, 'MILK')
  device.sell(1, { lineItems: [{ ...line, itemId: 'X' }] })
  await acceptBatch(db, device, device.journal)
  await sql`insert into stock_movement values ('S1', 'S1|1|2026-01-31|1', 1, 'X', -2000, '2026-01-31')`.execute(db)
  await sql`insert into stock_balance values ('S1', 'X', -2000)`.execute(db)
  await sql`insert into projection_position values ('stock', ${device.deviceId}, ${device.incarnation}, 1)`.execute(db)
  await migrate(db)
  await drain(db)
  expect(await stock(db)).toMatchObject({ balances: [], waiting: [{ identifier: 'sku:X', quantity_milli: -2_000 }] })
})
