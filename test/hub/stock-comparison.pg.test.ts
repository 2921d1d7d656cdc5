/** The hub's stock beside the reference ERP's: through a whole hub, on demand, and at night by an injected clock. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReferenceAdmin } from '#demo/reference-erp/admin.ts'
import { type ReferenceErp, startReferenceErp } from '#demo/reference-erp/reference-erp.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { drainProjection } from '#hub/merge/advance.ts'
import { createPostingsProjection } from '#hub/merge/postings.ts'
import { type ErpStock, ErpUnavailable } from '#hub/posting/connector.ts'
import { compareStore, type StockReader } from '#hub/stock/erp-comparison.ts'
import { compareDueStores } from '#hub/stock/nightly-comparison.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { receipt as posReceipt } from '#test/posting/receipts.ts'
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem } from './stocking.ts'

const server = withDatabase()
const startHub = withHubs()
const state: { dir: string; erp?: ReferenceErp } = { dir: '' }
const log = pino({ level: 'silent' })

beforeEach(async () => {
  state.dir = await mkdtemp(join(tmpdir(), 'tideline-stock-comparison-'))
  state.erp = await startReferenceErp({ dataDir: state.dir })
})
afterEach(async () => {
  await state.erp?.stop()
  await rm(state.dir, { recursive: true, force: true })
})

const told = async (db: Database) =>
  (
    await db
      .selectFrom('exception')
      .select(['exception_id', 'state', 'message'])
      .where('kind', 'in', ['STOCK_DIFFERS', 'BALANCE_DIFFERS'])
      .execute()
  ).map((row) => [row.exception_id, row.state, row.message])

const sellCoffee = (device: ModelDevice, number: number, units: number) =>
  device.append(canonicalText(posReceipt([{ itemId: 'SKU-001', quantityMilli: units * 1_000, unitPriceMinor: 645 }], { number })))

it('[STK7] [HUB7] on demand: the same is the same, receipts on their way explain themselves, the rest is an exception until it agrees', async () => {
  const erp = state.erp ?? expect.unreachable()
  const admin = openReferenceAdmin(erp)
  const { db, url } = await server.fresh()
  const hub = await startHub({
    ...{ DATABASE_URL: url, TIDELINE_ERP: 'reference', TIDELINE_ERP_URL: erp.url, TIDELINE_ERP_USER: erp.user },
    ...{ TIDELINE_ERP_PASSWORD: erp.password, TIDELINE_ERP_DATABASE: erp.database, TIDELINE_CATALOGUE_INTERVAL_MS: '200' },
  })
  const device = await enrolModelDevice(db, 'S042')
  await vi.waitFor(async () => expect((await hub.get('/v1/items')).body).toMatchObject({ items: { length: 22 } }), 10_000)
  const compare = async () => (await hub.post('/v1/stock/comparisons', { storeId: 'S042' })).body as { comparisons: object[] }
  expect(await compare()).toMatchObject({ comparisons: [{ storeId: 'S042', outcome: 'unknown-store' }] })
  expect(await hub.post('/v1/stock/comparisons', { storeId: 'S9' })).toMatchObject({ status: 404 })
  await admin.addStock('S042', 'SKU-001', 10_000)
  const correct = (key: string, quantityMilli: number) =>
    hub.post('/v1/stock/corrections', {
      ...{ key, storeId: 'S042', itemId: 'SKU-001', kind: 'erp-correction', quantityMilli },
      ...{ businessDay: '2026-01-01', reason: 'opening stock' },
    })
  expect(await correct('open', 10_000)).toMatchObject({ status: 201 })
  sellCoffee(device, 1, 2)
  await acceptBatch(db, device, device.journal)
  await vi.waitFor(
    async () => expect(await compare()).toMatchObject({ comparisons: [{ outcome: 'compared', agreeing: 1, differing: 0 }] }),
    {
      timeout: 15_000,
      interval: 100,
    },
  )

  await admin.closeThrough('2999-12-31')
  sellCoffee(device, 2, 3)
  await acceptBatch(db, device, device.journal)
  await vi.waitFor(async () => expect(await compare()).toMatchObject({ comparisons: [{ inFlight: 1, unsettled: 0, differing: 0 }] }), {
    timeout: 15_000,
    interval: 100,
  })
  expect(await told(db)).toEqual([])

  await admin.addStock('S042', 'SKU-001', 500)
  expect(await compare()).toMatchObject({
    comparisons: [
      { inFlight: 0, differing: 1, differences: [{ itemId: 'SKU-001', hubMilli: 5_000, erpMilli: 8_500, inFlightMilli: -3_000 }] },
    ],
  })
  const words = 'Of SKU-001 at store S042 the hub has 5, the ERP 8.5, to which receipts on their way will add -3.'
  expect(await told(db)).toEqual([['STOCK_DIFFERS:S042|SKU-001', 'open', words]])
  await admin.setTemper({ down: true })
  expect(await compare()).toMatchObject({ comparisons: [{ outcome: 'unavailable', message: expect.any(String) }] })
  expect(await told(db)).toEqual([['STOCK_DIFFERS:S042|SKU-001', 'open', words]])
  await admin.setTemper({ down: false })
  expect(await correct('found', 500)).toMatchObject({ status: 201 })
  await vi.waitFor(async () => expect(await compare()).toMatchObject({ comparisons: [{ inFlight: 1, differing: 0 }] }), 10_000)
  expect(await told(db)).toEqual([['STOCK_DIFFERS:S042|SKU-001', 'resolved', words]])
})

it('[STK7] a hub without an ERP says so', async () => {
  const { url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url })
  expect(await hub.post('/v1/stock/comparisons', {})).toMatchObject({ status: 409, body: { message: expect.stringContaining('no ERP') } })
})

it('[STK7] what is not merged yet, in doubt, or being sent is not judged', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db, 'S042')
  await addItem(db, 'SKU-001')
  const has = (milli: number): StockReader => ({ readStock: async () => [{ itemId: 'SKU-001', quantityMilli: milli }] })
  const compare = (erp: StockReader) => compareStore(db, erp, 'S042', '2026-01-01')
  sellCoffee(device, 1, 2)
  await acceptBatch(db, device, device.journal)
  expect(await compare(has(5_000))).toEqual({ outcome: 'merging', storeId: 'S042' })
  await drainProjection(db, stockProjection)
  expect(await compare(has(5_000))).toEqual({ outcome: 'merging', storeId: 'S042' })
  await drainProjection(db, createPostingsProjection('reference'))
  const item = { itemId: 'SKU-001', hubMilli: -2_000, inFlightMilli: -2_000 }
  expect(await compare(has(0))).toMatchObject({ items: [{ ...item, outcome: 'in-flight' }] })
  await sql`update posting set state = 'in-doubt'`.execute(db)
  expect(await compare(has(5_000))).toMatchObject({ items: [{ ...item, outcome: 'unsettled' }] })
  await sql`update posting set state = 'waiting', locked_until = now() + interval '1 minute'`.execute(db)
  expect(await compare(has(5_000))).toMatchObject({ items: [{ ...item, outcome: 'unsettled' }] })
  await sql`update posting set locked_until = null`.execute(db)
  // It is posted while the ERP is asked.
  const posting: StockReader = {
    readStock: async () => {
      await sql`update posting set state = 'posted'`.execute(db)
      return [{ itemId: 'SKU-001', quantityMilli: 0 }]
    },
  }
  expect(await compare(posting)).toMatchObject({ items: [{ outcome: 'unsettled' }] })
  expect(await told(db)).toEqual([])
  expect(await compare(has(5_000))).toMatchObject({ items: [{ outcome: 'differs' }] })
})

it('[STK7] [STK2] each night once, by the store’s own time, also a night that was slept through; a ledger that does not agree is told', async () => {
  const { db } = await server.fresh()
  await enrolModelDevice(db, 'S1')
  await enrolModelDevice(db, 'S2')
  await sql`update store set time_zone = 'America/New_York' where store_id = 'S2'`.execute(db)
  await addItem(db, 'MILK')
  const asked: string[] = []
  let answer: ErpStock[] | Error = []
  const erp: StockReader = {
    readStock: async (storeId) => {
      asked.push(storeId)
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const at = (iso: string) => compareDueStores({ db, erp, log, clock: { nowMs: () => Date.parse(iso), after: () => () => undefined } })
  expect(await at('2026-01-31T02:00:00Z')).toEqual(['S1', 'S2'])
  expect(await at('2026-01-31T02:10:00Z')).toEqual([])
  // Three o’clock in New York; in Berlin it is the same night still.
  expect(await at('2026-01-31T08:00:00Z')).toEqual(['S2'])
  answer = new ErpUnavailable('asleep')
  expect(await at('2026-02-03T12:00:00Z')).toEqual([])
  answer = [{ itemId: 'MILK', quantityMilli: 5_000 }]
  await sql`insert into stock_balance values ('S1', 'MILK', 5000)`.execute(db)
  expect(await at('2026-02-03T12:10:00Z')).toEqual(['S1', 'S2'])
  expect(asked).toEqual(['S1', 'S2', 'S2', 'S1', 'S1', 'S2'])
  expect(await told(db)).toEqual(
    expect.arrayContaining([
      ['BALANCE_DIFFERS:S1', 'open', 'At store S1 one balance is not what the ledger comes to: MILK (5 on hand, none by the ledger).'],
      ['STOCK_DIFFERS:S2|MILK', 'open', 'Of MILK at store S2 the hub has 0, the ERP 5.'],
    ]),
  )
  await sql`delete from stock_balance`.execute(db)
  answer = []
  expect(await at('2026-02-04T12:00:00Z')).toEqual(['S1', 'S2'])
  expect((await told(db)).map(([, how]) => how)).toEqual(['resolved', 'resolved'])
  const none = await compareDueStores({
    db,
    erp: null,
    log,
    clock: { nowMs: () => Date.parse('2026-02-06T12:00:00Z'), after: () => () => undefined },
  })
  expect(none).toEqual(['S1', 'S2'])
})
