import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { exceptionProjection } from '#hub/exception/exception-projection.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { createPostingsProjection } from '#hub/merge/postings.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import type { Database } from '#hub/storage/database.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import { sql } from 'kysely'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, receipt } from './model-device.ts'

const server = withDatabase()
const projections = [salesProjection, stockProjection, exceptionProjection, createPostingsProjection('reference')]

const drainAll = async (db: Database): Promise<void> => {
  for (const projection of projections) await drainProjection(db, projection)
}

const sendAll = async (db: Database, device: ModelDevice): Promise<void> => {
  expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged', ackedSeq: device.journal.length })
}

const snapshot = async (db: Database) => ({
  sales: await db.selectFrom('sales_transaction').selectAll().orderBy('natural_key').execute(),
  totals: await sql`select * from day_total order by store_id, business_day, workstation_id, currency, measure, key`
    .execute(db)
    .then((r) => r.rows),
  movements: await sql`select * from stock_movement order by natural_key, line_number, item_id`.execute(db).then((r) => r.rows),
  balances: await db.selectFrom('stock_balance').selectAll().orderBy('store_id').orderBy('item_id').execute(),
  exceptions: await db.selectFrom('exception').select(['exception_id', 'message', 'state']).orderBy('exception_id').execute(),
  postings: await db
    .selectFrom('posting')
    .select(['posting_key', 'state', 'payload', 'connector', 'amount_minor'])
    .orderBy('posting_key')
    .execute(),
})

const line = receipt(1).lineItems[0]

it('[HUB3] [HUB4] a sale, a return, a voided line, a duplicate and a training receipt come to the right sums', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await db
    .insertInto('item')
    .values({ item_id: 'MILK', name: 'Milk', barcodes: ['4001'], unit: 'each', tax_code: 'A', tax_rate_micro: 70_000, erp_id: null })
    .execute()
  device.sell(1)
  device.sell(1)
  device.sell(2, {
    kind: 'return',
    lineItems: [{ ...line, itemId: undefined, barcode: '4001', kind: 'return', quantityMilli: -500, amountMinor: -60 }],
    tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: -60, voided: false }],
    taxes: [],
    totals: { netMinor: -60, taxMinor: 0, grandMinor: -60 },
  })
  device.sell(3, { lineItems: [line, { ...line, lineNumber: 2, voided: true }] })
  device.sell(4, { kind: 'training' })
  await sendAll(db, device)
  await drainAll(db)
  const { sales, totals, balances, exceptions, postings } = await snapshot(db)
  expect(sales.map((row) => row.sequence_number)).toEqual([1, 2, 3, 4])
  expect(balances).toEqual([{ store_id: 'S1', item_id: 'MILK', quantity_milli: -3_500 }])
  expect(totals.map((row) => Object.values(row as object).slice(4))).toEqual([
    ['tax', 'A', 2, 32],
    ['tender', 'cash', 3, 416],
    ['transaction-kind', 'return', 1, -60],
    ['transaction-kind', 'sale', 2, 476],
    ['transaction-kind', 'training', 1, 238],
  ])
  expect(exceptions).toEqual([])
  expect(postings.map((row) => [row.posting_key, row.state])).toEqual([
    ['S1|1|2026-01-31|1', 'waiting'],
    ['S1|1|2026-01-31|2', 'waiting'],
    ['S1|1|2026-01-31|3', 'waiting'],
  ])
})

it('[HUB4] [HUB5] a post-void takes goods and money back, in stock, totals and postings; a customer order moves neither goods nor postings', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await db
    .insertInto('item')
    .values({ item_id: 'MILK', name: 'Milk', barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 70_000, erp_id: null })
    .execute()
  device.sell(1)
  device.sell(2, {
    kind: 'post-void',
    references: [{ relation: 'voids', sequenceNumber: 1 }],
    lineItems: [{ ...line, kind: 'return', quantityMilli: -2_000, amountMinor: -238 }],
    tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: -238, voided: false }],
    taxes: [{ code: 'A', taxableMinor: -222, taxMinor: -16, inclusive: true }],
    totals: { netMinor: -222, taxMinor: -16, grandMinor: -238 },
  })
  device.sell(3, { kind: 'customer-order', tenders: [{ lineNumber: 2, kind: 'card', amountMinor: 100, voided: false }], taxes: [] })
  device.sell(4, { kind: 'paid-in', lineItems: [], taxes: [], totals: { netMinor: 0, taxMinor: 0, grandMinor: 0 } })
  await sendAll(db, device)
  await drainAll(db)
  const { totals, balances, postings } = await snapshot(db)
  expect(balances).toEqual([{ store_id: 'S1', item_id: 'MILK', quantity_milli: 0 }])
  expect(totals.map((row) => Object.values(row as object).slice(4))).toEqual([
    ['tax', 'A', 2, 0],
    ['tender', 'card', 1, 100],
    ['tender', 'cash', 3, 238],
    ['transaction-kind', 'customer-order', 1, 238],
    ['transaction-kind', 'paid-in', 1, 0],
    ['transaction-kind', 'post-void', 1, -238],
    ['transaction-kind', 'sale', 1, 238],
  ])
  expect(postings.map((row) => [row.posting_key, row.amount_minor])).toEqual([
    ['S1|1|2026-01-31|1', 238],
    ['S1|1|2026-01-31|2', -238],
  ])
})

it('[HUB7] [HUB9] what a person must look at: conflict, broken chain, quarantine, unknown item, a receipt that does not add up', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  device.sell(1, { operatorId: 'other' })
  const quarantine = {
    source: 'pos.xml',
    reasons: [{ code: 'UNSAFE_XML', message: 'entity \u0000 bomb' }],
    contentHash: '0'.repeat(64),
    sizeBytes: 3,
    excerpt: '<!D',
  }
  device.append(JSON.stringify(quarantine), 'quarantine')
  device.append(JSON.stringify({ firstRecordId: 'x:y:1', transaction: receipt(9) }), 'conflict')
  device.sell(2, { totals: { netMinor: 222, taxMinor: 16, grandMinor: 999 } })
  const tampered = device.sell(3)
  tampered.payload = tampered.payload.replace('"MILK"', '"BEER"')
  await sendAll(db, device)
  await drainAll(db)
  const { exceptions } = await snapshot(db)
  const id = `${device.deviceId}:${device.incarnation}`
  expect(exceptions.map((row) => row.exception_id).sort()).toEqual(
    [
      `BROKEN_CHAIN:${id}:6`,
      `DOES_NOT_ADD_UP:${id}:5`,
      `KEY_CONFLICT:${id}:2`,
      `KEY_CONFLICT:${id}:4`,
      'UNKNOWN_ITEM:S1:sku:MILK',
      `UNSAFE_XML:${id}:3`,
    ].sort(),
  )
})

it('[HUB7] an accepted record that cannot be read, or that the database will not take, is shown and stepped over', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  device.sell(2, { taxes: [{ code: 'A\u0000', taxableMinor: 1, taxMinor: 1, inclusive: true }] })
  device.sell(3)
  device.sell(4)
  await sendAll(db, device)
  await sql`update record_log set payload = '{' where seq = 3`.execute(db)
  await drainAll(db)
  const { sales, exceptions } = await snapshot(db)
  expect(sales.map((row) => row.sequence_number)).toEqual([1, 4])
  expect(exceptions.map((row) => row.exception_id).filter((id) => id.startsWith('NOT_COUNTED'))).toEqual(
    [2, 3].map((seq) => `NOT_COUNTED:${device.deviceId}:${device.incarnation}:${seq}`),
  )
})

it('[HUB2] [HUB5] rebuilt equals live, whatever the interleaving of streams and workers; a posted posting stays posted', async () => {
  const sale = fc.record({
    till: fc.constantFrom('1', '2'),
    number: fc.integer({ min: 1, max: 9 }),
    operator: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('sale', 'return', 'post-void', 'training'),
  })
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), sale), { minLength: 1, maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(2), fc.nat(3)), { maxLength: 20 }),
      async (sales, steps) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, sales_transaction, day_total, stock_movement, stock_balance,
        waiting_line, exception, posting, feed_head, feed_entry cascade`.execute(db)
        const devices = [await enrolModelDevice(db), await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
        for (const [owner, { till, number, operator, kind }] of sales)
          devices[owner]?.sell(number, { workstationId: till, operatorId: operator, kind })
        for (const device of devices) if (device.journal.length > 0) await sendAll(db, device)
        await Promise.all(
          steps.map(([owner, which], index) =>
            advanceStream(pools[index % 2] ?? db, projections[which] ?? salesProjection, devices[owner] ?? devices[0]!),
          ),
        )
        await drainAll(db)
        const accepted = await db.selectFrom('record_log').selectAll().where('verdict', '=', 'accepted').execute()
        await sql`update posting set state = 'posted' where posting_key like '%1'`.execute(db)
        const live = await snapshot(db)
        expect(live.sales.length).toBe(accepted.length)
        for (const projection of projections) await rebuildProjection(db, projection)
        expect(await snapshot(db)).toEqual(live)
      },
    ),
    { numRuns: 12 },
  )
})
