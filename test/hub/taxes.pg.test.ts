/** The tax master at a real PostgreSQL: sales of any order judged by it, what differs told once, and over by itself. */
import { readMappingCsv } from '#hub/identity/mapping-csv.ts'
import { importMapping } from '#hub/identity/mapping-versions.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import { rebuildOnline } from '#hub/rebuild/rebuild.ts'
import type { Database } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { readTaxRateCsv } from '#hub/tax/rate-check.ts'
import { importTaxRates, setJurisdiction } from '#hub/tax/rates.ts'
import { judgeDueDays } from '#hub/tax/tax-watch.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, insertModelDevice, type ModelDevice, receipt } from './model-device.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const rateHeading = 'jurisdiction;category;percent;effective_from;effective_to'
const importRates = async (db: Database, lines: readonly string[], mode: 'add' | 'replace' = 'add') => {
  const read = readTaxRateCsv([rateHeading, ...lines].join('\n'))
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  return importTaxRates(db, { rows: read.rows, mode, dryRun: false, by: 'Anna', why: 'test' })
}
const mapTax = async (db: Database, lines: readonly string[]) => {
  const read = readMappingCsv(['list;scope;scope_id;kind;code;target;unit;owner', ...lines].join('\n'))
  if (read.outcome !== 'rows') return expect.unreachable(read.reason)
  return importMapping(db, { rows: read.rows, mode: 'add', takeOver: false, by: 'Anna', why: 'test', dryRun: false })
}
const addItem = (db: Database, itemId: string, taxCode: string, barcodes: string[] = []) =>
  db
    .insertInto('item')
    .values({ item_id: itemId, name: `Name of ${itemId}`, barcodes, unit: 'each', tax_code: taxCode, tax_rate_micro: 0, erp_id: null })
    .onConflict((conflict) => conflict.column('item_id').doUpdateSet({ tax_code: taxCode }))
    .execute()

const line = receipt(1).lineItems[0]
/** A receipt of one line. */
const sale = (itemId: string, amountMinor: number, code: string, rateMicro: number, change: Record<string, unknown> = {}) => {
  const taxMinor = Math.round((amountMinor * rateMicro) / (1_000_000 + rateMicro))
  return {
    lineItems: [{ ...line, itemId, amountMinor, description: itemId }],
    tenders: [{ lineNumber: 2, kind: 'cash', amountMinor, voided: false }],
    taxes: [{ code, rateMicro, taxableMinor: amountMinor - taxMinor, taxMinor, inclusive: true }],
    totals: { netMinor: amountMinor - taxMinor, taxMinor, grandMinor: amountMinor },
    ...change,
  }
}
const accept = (db: Database, device: ModelDevice) => acceptBatch(db, device, device.journal)
const judge = async (db: Database) => {
  await drainProjection(db, salesProjection)
  await judgeDueDays(db, 3_600)
}
const open = (db: Database) =>
  db
    .selectFrom('exception')
    .select(['exception_id', 'message', 'amount_minor', 'currency', 'item_id', 'business_day'])
    .where('kind', '=', 'TAX_DIFFERS')
    .where('state', '=', 'open')
    .orderBy('exception_id')
    .execute()
const differences = (db: Database) => sql`select * from tax_difference order by 1, 2, 3`.execute(db).then(({ rows }) => rows)

const german = ['DE;standard;19;2020-01-01;', 'DE;reduced;7;2020-01-01;']
const withRates = async () => {
  const made = await server.fresh()
  const device = await enrolModelDevice(made.db)
  expect(await importRates(made.db, german)).toMatchObject({ outcome: 'in-force' })
  expect(await setJurisdiction(made.db, 'S1', 'DE')).toBe('set')
  return { ...made, device }
}

it('[IDN12] [IDN13] an item that tills tax otherwise is told once for its day, with the money; it ends with a corrected item, and not before', async () => {
  const { db, device } = await withRates()
  await addItem(db, 'MILK', 'reduced')
  await addItem(db, 'TEA', 'standard')
  await mapTax(db, ['tax;all;;word;A;standard;;m', 'tax;all;;word;B;reduced;;m'])
  device.sell(1, sale('MILK', 1_190, 'A', 190_000))
  device.sell(2, sale('MILK', 1_190, 'A', 190_000))
  device.sell(3, sale('TEA', 1_190, 'A', 190_000))
  device.sell(4, sale('MILK', 1_070, 'B', 70_000, { businessDay: '2026-02-01' }))
  await accept(db, device)
  await judge(db)
  const told = {
    exception_id: 'TAX_DIFFERS:S1:2026-01-31:EUR:item:MILK',
    amount_minor: 380 - 156,
    message:
      'MILK (Name of MILK) on 2026-01-31: the till taxes it as standard, the master as reduced (7 %), 2.24 EUR too much. The receipts count as the till has them.',
    item_id: 'MILK',
    business_day: '2026-01-31',
  }
  expect(await open(db)).toMatchObject([told])
  const before = await differences(db)
  await rebuildProjection(db, salesProjection)
  await judge(db)
  expect(await differences(db)).toEqual(before)
  expect(await open(db)).toMatchObject([told])
  expect(await judgeDueDays(db, 3_600)).toBe(0)

  await addItem(db, 'MILK', 'standard')
  expect(await judgeDueDays(db)).toBe(2)
  // 1 February was right by the code that held that day.
  expect(await open(db)).toEqual([])
})

it('[IDN12] [IDN13] a rate and a code are corrected in master and mapping, and what differed is over', async () => {
  const { db, device } = await withRates()
  await addItem(db, 'TEA', 'standard')
  device.sell(1, sale('TEA', 1_160, 'A', 160_000))
  await accept(db, device)
  await judge(db)
  // Nobody said yet what A is.
  expect(await open(db)).toEqual([])
  await mapTax(db, ['tax;store;S1;word;a;standard;;m'])
  await judgeDueDays(db)
  expect(await open(db)).toMatchObject([
    { exception_id: 'TAX_DIFFERS:S1:2026-01-31:EUR:code:A', amount_minor: 25, message: expect.stringContaining('charges 16 %') },
  ])
  const corrected = ['DE;standard;19;2020-01-01;2026-01-30', 'DE;standard;16;2026-01-31;']
  expect(await importRates(db, ['DE;standard;16;2026-01-31;'])).toMatchObject({ outcome: 'refused', refused: 1 })
  expect(await importRates(db, corrected)).toMatchObject({ outcome: 'in-force' })
  await judgeDueDays(db)
  expect(await open(db)).toEqual([])
  expect(await importRates(db, german, 'replace')).toMatchObject({ outcome: 'in-force' })
  await judgeDueDays(db)
  expect(await open(db)).toHaveLength(1)
})

it('[IDN12] an item that is known only later is judged then, under its number or its barcode; the mapping names categories that there are', async () => {
  const { db, device } = await withRates()
  const scanned = sale('MILK', 1_190, 'STANDARD', 190_000)
  device.sell(1, { ...scanned, lineItems: scanned.lineItems.map((each) => ({ ...each, itemId: undefined, barcode: '4006381333931' })) })
  await accept(db, device)
  await judge(db)
  expect(await open(db)).toEqual([])
  await addItem(db, 'MILK', 'reduced', ['04006381333931'])
  await judgeDueDays(db)
  expect(await open(db)).toMatchObject([{ item_id: 'MILK' }])
  const none = await mapTax(db, ['tax;all;;word;X;luxury;;m'])
  expect(none.lines[0]?.reason).toBe('“luxury” is no category of the tax master: reduced, standard.')
})

it('[IDN13] [HUB2] whatever comes first — sales, items, rates, mapping, looks of several workers — the differences are those of a rebuild', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  /** Half of the runs begin where something differs already. */
  const readySteps = ['rates', 'jurisdiction', 'map', 'item', 'send', 'send', 'send', 'send', 'judge'] as const
  const step = fc.constantFrom('send', 'take', 'judge', 'both judge', 'item', 'correct', 'rates', 'map', 'jurisdiction')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), fc.constantFrom('item', 'correct'), async (more, isReady, last) => {
      const steps = [...(isReady ? readySteps : []), ...more]
      await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, sales_transaction, day_total, exception,
        item, item_tax_code, mapping_version, mapping_entry, tax_rate, store_tax, tax_stated, tax_line, tax_day, tax_difference cascade`.execute(
        db,
      )
      await sql`update tax_notice set mapping_version = 0`.execute(db)
      const device = await insertModelDevice(db)
      device.sell(1, sale('MILK', 1_190, 'A', 190_000))
      device.sell(2, sale('TEA', 1_160, 'A', 160_000))
      device.sell(3, sale('MILK', 1_070, 'B', 70_000))
      device.sell(4, sale('MILK', 1_190, 'A', 190_000, { businessDay: '2026-02-01' }))
      let sent = 0
      const rates = () => importRates(db, german)
      const take = async (what: (typeof steps)[number]): Promise<unknown> => {
        switch (what) {
          case 'send':
            sent = Math.min(sent + 1, 4)
            return acceptBatch(db, device, device.journal.slice(0, sent))
          case 'take':
            return advanceStream(other, salesProjection, device)
          case 'judge':
            return judge(db)
          case 'both judge':
            return Promise.all([judge(db), judge(other)])
          case 'item':
            return addItem(db, 'MILK', 'B')
          case 'correct':
            return addItem(db, 'MILK', 'A')
          case 'rates':
            return rates()
          case 'map':
            return mapTax(db, ['tax;all;;word;A;standard;;m', 'tax;all;;word;B;reduced;;m'])
          case 'jurisdiction':
            return setJurisdiction(db, 'S1', 'DE')
        }
      }
      for (const each of steps) await take(each)
      await accept(db, device)
      await rates()
      await setJurisdiction(db, 'S1', 'DE')
      await take('map')
      await addItem(db, 'TEA', 'standard')
      await take(last)
      await Promise.all([judge(db), judge(other)])
      const [live, liveOpen] = [await differences(db), await open(db)]
      expect(liveOpen.length).toBeGreaterThan(0)
      await rebuildProjection(db, salesProjection)
      await judge(db)
      expect(await differences(db)).toEqual(live)
      expect(await open(db)).toEqual(liveOpen)
      expect(liveOpen.map((each) => each.exception_id)).toEqual(live.map((row) => (row as { exception_id: string }).exception_id))
    }),
    { numRuns: 25 },
  )
}, 120_000)

it('[IDN13] [HUB2] an online rebuild compares what tills stated and puts it right, and the day is judged anew', async () => {
  const { db, device } = await withRates()
  await addItem(db, 'MILK', 'reduced')
  device.sell(1, sale('MILK', 1_190, 'STANDARD', 190_000))
  device.sell(2, { ...sale('MILK', 1_070, 'reduced', 70_000), kind: 'return', reason: 'kaputt' })
  await accept(db, device)
  await judge(db)
  const before = await differences(db)
  expect(before).toHaveLength(1)
  const rebuilt = await rebuildOnline(db, salesProjection, { mode: 'replace' })
  expect(rebuilt).toMatchObject({ outcome: 'done' })
  const tables = ['sales_transaction', 'day_total', 'tax_stated', 'tax_line', 'word_day', 'word_total', 'exception']
  expect(
    rebuilt.outcome === 'done' && rebuilt.differences.map(({ table, missing, surplus, changed }) => [table, missing, surplus, changed]),
  ).toEqual(tables.map((table) => [table, 0, 0, 0]))
  expect(await judgeDueDays(db, 3_600)).toBe(0)

  await sql`update tax_line set amount_minor = 1`.execute(db)
  await sql`update tax_day set due_at = now()`.execute(db)
  await sql`delete from word_total`.execute(db)
  await judgeDueDays(db, 3_600)
  expect(await differences(db)).not.toEqual(before)
  expect(await rebuildOnline(db, salesProjection, { mode: 'replace' })).toMatchObject({ outcome: 'done' })
  expect(await judgeDueDays(db, 3_600)).toBe(1)
  expect(await differences(db)).toEqual(before)
})

it('[HUB8] a database of before keeps its items’ codes and reads the sales again', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 7)
  const device = await insertModelDevice(db)
  await sql`insert into item (item_id, name, barcodes, unit, tax_code, tax_rate_micro) values ('MILK', 'Milk', '{}', 'each', 'reduced', 0)`.execute(
    db,
  )
  device.sell(1, sale('MILK', 1_190, 'standard', 190_000))
  await accept(db, device)
  await sql`insert into projection_position values ('sales', ${device.deviceId}, ${device.incarnation}, 1)`.execute(db)
  await migrate(db)
  await importRates(db, german)
  await setJurisdiction(db, 'S1', 'DE')
  await judge(db)
  expect(await open(db)).toMatchObject([{ item_id: 'MILK' }])
})

it('[IDN10] [IDN11] over HTTP: rates and a jurisdiction set, a sale judged, what differs among the exceptions, and over', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK', 'reduced')
  const send = (path: string, body: string) =>
    fetch(`${hub.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${hub.operatorToken}` },
      body,
    }).then(async (answer) => ({ status: answer.status, body: (await answer.json()) as unknown }))
  const path = '/v1/tax-rates/import?by=Anna&why=start'
  const put = (jurisdiction: string) => hub.put('/v1/stores/S1/tax-jurisdiction', { jurisdiction })
  expect(await put('DE')).toMatchObject({ status: 422, body: { message: expect.stringContaining('import its rates first') } })
  expect(await send(path, [rateHeading, ...german, 'DE;standard;18;2026-01-01;'].join('\n'))).toMatchObject({
    status: 422,
    body: {
      outcome: 'refused',
      refused: 2,
      lines: [{ line: 2, outcome: 'refused' }, { outcome: 'accepted' }, { line: 4, outcome: 'refused' }],
    },
  })
  expect(await send(`${path}&dryRun=true`, [rateHeading, ...german].join('\n'))).toMatchObject({
    status: 200,
    body: { outcome: 'checked' },
  })
  expect(await send(path, [rateHeading, ...german].join('\n'))).toMatchObject({ status: 200, body: { outcome: 'in-force' } })
  const exported = await fetch(`${hub.url}/v1/tax-rates`, { headers: { authorization: `Bearer ${hub.operatorToken}` } })
  expect(await exported.text()).toBe(`${rateHeading}\r\nDE;reduced;7;2020-01-01;\r\nDE;standard;19;2020-01-01;\r\n`)
  expect(await hub.get('/v1/stores/S1/tax-jurisdiction')).toMatchObject({ status: 404 })
  expect(await put('DE')).toEqual({ status: 200, body: { storeId: 'S1', jurisdiction: 'DE' } })
  expect(await hub.get('/v1/stores/S1/tax-jurisdiction')).toEqual({ status: 200, body: { storeId: 'S1', jurisdiction: 'DE' } })
  device.sell(1, sale('MILK', 1_190, 'standard', 190_000))
  await accept(db, device)
  await vi.waitFor(async () => expect(await db.selectFrom('tax_day').selectAll().execute()).toHaveLength(1), 10_000)
  await put('DE')
  const told = async () => (await hub.get('/v1/exceptions?state=open&kind=TAX_DIFFERS')).body
  await vi.waitFor(async () => expect(await told()).toMatchObject({ exceptions: [{ itemId: 'MILK', amountMinor: 112 }] }), 10_000)
  await addItem(db, 'MILK', 'standard')
  await vi.waitFor(async () => expect(await told()).toMatchObject({ exceptions: [] }), 10_000)
})
