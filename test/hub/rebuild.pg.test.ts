/** Rebuilds of projections at a real PostgreSQL: beside live workers and intake, over damage, killed in the middle, two at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { mergeWaitingLines } from '#hub/identity/waiting-lines.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { advanceStream, rebuildProjection, shareProjection } from '#hub/merge/advance.ts'
import { noteLate } from '#hub/merge/late-records.ts'
import type { Projection } from '#hub/merge/projection.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import { rebuildOnline, type Rebuilt } from '#hub/rebuild/rebuild.ts'
import { addMovements, lockStock, settleCounts } from '#hub/stock/balance.ts'
import { correctStock } from '#hub/stock/corrections.ts'
import { placeCorrections } from '#hub/stock/count-conflicts.ts'
import { decideReturns, readHeld } from '#hub/stock/return-decisions.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import type { Tables } from '#hub/storage/tables.ts'
import fc from 'fast-check'
import { sql, type Transaction } from 'kysely'
import { afterEach, expect, it, vi } from 'vitest'
import { countedBy, drainAll, exceptionsOf, projections } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice, receipt } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem, stockDocument } from './stocking.ts'

const server = withDatabase()
const startHub = withHubs()
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
})

const send = async (db: Database, device: ModelDevice): Promise<void> => {
  expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
}
const leftovers = async (db: Database) =>
  (
    await sql`select nspname as left from pg_namespace where starts_with(nspname, 'rebuild_')
      union all select projection from projection_position where starts_with(projection, 'rebuild:')
      union all select projection from projection_late where starts_with(projection, 'rebuild:')`.execute(db)
  ).rows

it('[MRG20] a rebuild of each projection finds the live side as it is, and leaves nothing behind', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  for (let n = 1; n <= 30; n++) (n % 2 ? a : b).sell(n)
  a.sell(1)
  a.sell(3, { operatorId: 'other' })
  b.sell(90, { lineItems: [{ ...(JSON.parse(a.journal[0]!.payload) as { lineItems: object[] }).lineItems[0], itemId: 'UNKNOWN' }] })
  for (const device of [a, b]) await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  for (const projection of projections) {
    const rebuilt = await rebuildOnline(db, projection, { mode: 'replace' })
    expect(rebuilt).toMatchObject({ outcome: 'done', message: `The projection ${projection.name} is what the log comes to.` })
  }
  expect(await countedBy(db)).toEqual(live)
  expect(await leftovers(db)).toEqual([])
})

it('[MRG21] rows that were damaged by hand are found and told; a comparison changes nothing, a rebuild puts them right and later ends the exception', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  for (let n = 1; n <= 5; n++) device.sell(n)
  await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  await sql`update stock_balance set quantity_milli = 77`.execute(db)
  await sql`delete from stock_movement where natural_key like '%|3'`.execute(db)
  await sql`insert into stock_document values ('S1', 'S1|stock|x', 'x', 'receipt', '2026-01-31', 'then')`.execute(db)
  const damaged = await countedBy(db)

  const compared = await rebuildOnline(db, stockProjection, { mode: 'compare' })
  const words = [
    'movements of stock: of 5, 1 is missing; for example store_id S1, natural_key S1|1|2026-01-31|3, line_number 1, item_id MILK: missing',
    'balances of stock: of 1, 1 is wrong; for example store_id S1, item_id MILK: quantity_milli was 77 and comes to -10000',
    'stock documents: of 0, 1 should not be there; for example store_id S1, natural_key S1|stock|x: should not be there',
  ].join('. ')
  const notice = 'The projection stock was not what the log comes to, in 3 rows.'
  expect(compared).toMatchObject({
    outcome: 'done',
    message: `${notice} Nothing was changed: only a comparison was asked for. ${words}.`,
  })
  expect(await countedBy(db)).toEqual({ ...damaged, exceptions: [told(compared)] })

  const rebuilt = await rebuildOnline(db, stockProjection, { mode: 'replace' })
  expect(rebuilt).toMatchObject({ outcome: 'done', message: `${notice} It is put right. ${words}.` })
  expect(await countedBy(db)).toEqual({ ...live, exceptions: [told(rebuilt)] })
  expect((await sql`select * from stock_document`.execute(db)).rows).toEqual([])
  expect(await exceptionsOf(db, 'PROJECTION_DIFFERED')).toMatchObject([{ owner: 'hub', store_id: null }])

  expect(await rebuildOnline(db, stockProjection, { mode: 'compare' })).toMatchObject({
    message: 'The projection stock is what the log comes to.',
  })
  expect(await exceptionsOf(db, 'PROJECTION_DIFFERED')).toMatchObject([{ state: 'resolved' }])
})

const told = (rebuilt: Rebuilt) => ({ exception_id: 'PROJECTION_DIFFERED:stock', message: rebuilt.message, state: 'open' })

const named = (name: string): Projection => projections.find((each) => each.name === name) ?? salesProjection

it('[MRG22] [HUB5] postings keep their state and are never doubled; one that is missing is added, one that no record asks for is told and kept', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (let n = 1; n <= 4; n++) device.sell(n)
  await send(db, device)
  await drainAll(db)
  await sql`update posting set state = 'posted', erp_reference = 'R1' where posting_key like '%|1'`.execute(db)
  await sql`delete from posting where posting_key like '%|2'`.execute(db)
  await sql`update posting set amount_minor = 5 where posting_key like '%|3'`.execute(db)
  await sql`update posting set posting_key = 'S1|1|2026-01-31|99' where posting_key like '%|4'`.execute(db)
  const rebuilt = await rebuildOnline(db, named('postings'), { mode: 'replace' })
  expect(rebuilt.message).toContain('in 4 rows. It is put right, but for postings: what the ERP may have been told is kept as it was.')
  expect(rebuilt.message).toContain('postings: of 4, 1 is wrong, 2 are missing, 1 should not be there')
  const postings = await sql`select posting_key, state, amount_minor from posting order by posting_key`.execute(db)
  expect(postings.rows.map((row) => Object.values(row as object))).toEqual([
    ['S1|1|2026-01-31|1', 'posted', 238],
    ['S1|1|2026-01-31|2', 'waiting', 238],
    ['S1|1|2026-01-31|3', 'waiting', 5],
    ['S1|1|2026-01-31|4', 'waiting', 238],
    ['S1|1|2026-01-31|99', 'waiting', 238],
  ])
})

it('[MRG22] exceptions: one that is missing is raised, one that was ended stays so; those that follow from what waits are as that is', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1, { totals: { netMinor: 222, taxMinor: 16, grandMinor: 999 } })
  device.sell(2, { totals: { netMinor: 222, taxMinor: 16, grandMinor: 998 } })
  await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  const first = `DOES_NOT_ADD_UP:${device.deviceId}:${device.incarnation}:1`
  await sql`update exception set state = 'resolved' where exception_id = ${first}`.execute(db)
  await sql`delete from exception where exception_id like 'DOES_NOT_ADD_UP:%:2'`.execute(db)
  await sql`update exception set state = 'resolved', message = 'other' where kind = 'UNKNOWN_ITEM'`.execute(db)
  await sql`insert into exception (exception_id, kind, message, owner) values ('UNKNOWN_ITEM:S1:sku:X', 'UNKNOWN_ITEM', 'X', 'hub')`.execute(
    db,
  )
  await rebuildOnline(db, named('exceptions'), { mode: 'replace' })
  await rebuildOnline(db, stockProjection, { mode: 'replace' })
  const after = (await countedBy(db)).exceptions.filter(({ exception_id }) => !String(exception_id).startsWith('PROJECTION_DIFFERED'))
  expect(after).toEqual(
    [
      ...live.exceptions.map((row) => (row['exception_id'] === first ? { ...row, state: 'resolved' } : row)),
      { exception_id: 'UNKNOWN_ITEM:S1:sku:X', message: 'X', state: 'resolved' },
    ].sort((a, b) => (String(a['exception_id']) < String(b['exception_id']) ? -1 : 1)),
  )
})

it('[MRG21] [MRG22] what tills stated of taxes is put right, and the days are judged again; nobody is informed of a day that is as it was', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  await send(db, device)
  await drainAll(db)
  await sql`update tax_day set due_at = null`.execute(db)
  const dueDays = async () => (await sql`select 1 from tax_day where due_at is not null`.execute(db)).rows.length
  await rebuildOnline(db, salesProjection, { mode: 'replace' })
  expect(await dueDays()).toBe(0)
  await sql`update tax_stated set tax_minor = 1`.execute(db)
  expect((await rebuildOnline(db, salesProjection, { mode: 'replace' })).message).toContain('taxes that tills stated: of 1, 1 is wrong')
  expect((await sql`select tax_minor from tax_stated`.execute(db)).rows).toEqual([{ tax_minor: 16 }])
  expect(await dueDays()).toBe(1)
})

it('[MRG24] a projection that writes outside its own tables is not rebuilt, and what it would have written is not there', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  device.sell(1)
  await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  const { day_total: _, ...tables } = salesProjection.tables
  const forgetful: Projection = { ...salesProjection, tables }
  const rebuilt = await rebuildOnline(db, forgetful, { mode: 'replace' })
  expect(rebuilt).toEqual({
    outcome: 'failed',
    message:
      'It ended before its time: the projection sales writes to day_total, which it does not name as its own. The live side was not touched.',
  })
  expect(await countedBy(db)).toEqual(live)
  expect(await leftovers(db)).toEqual([])
})

it('[MRG20] [TRN22] a hole in the log is named, and nothing is changed', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (let n = 1; n <= 3; n++) device.sell(n)
  await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  await sql`delete from record_log where seq = 2`.execute(db)
  expect(await rebuildOnline(db, salesProjection, { mode: 'replace' })).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining(`the log has a hole before ${device.deviceId}:${device.incarnation}:3`),
  })
  expect(await countedBy(db)).toEqual(live)
  expect(await leftovers(db)).toEqual([])
})

const startCommand = (url: string, ...args: string[]): ChildProcess & { lines: string[] } => {
  const child = spawn(process.execPath, ['hub/server.ts', 'rebuild', ...args], {
    env: { ...process.env, DATABASE_URL: url, TIDELINE_LOG: 'silent', TIDELINE_ERP: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  return Object.assign(child, { lines })
}

/** Holds back what the shadow would read next: its transactions wait for a lock of the stock of this store. */
const holdStore = (db: Database, storeId: string): Promise<() => Promise<void>> =>
  new Promise((settle, reject) => {
    const done = db.transaction().execute(async (trx) => {
      await lockStock(trx, [storeId], 'alone')
      await new Promise<void>((release) =>
        settle(async () => {
          release()
          await done
        }),
      )
    })
    done.catch(reject)
  })

const waitingInShadow = async (db: Database): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database() and application_name = 'tideline-rebuild'`.execute(db)
  return rows[0]?.count ?? 0
}

it('[MRG23] [MRG20] kill -9 in the middle leaves the live side whole; the next one begins anew and gets to its end, and says so', async () => {
  const { db, url } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  for (let n = 1; n <= 20; n++) (n % 2 ? a : b).sell(n)
  for (const device of [a, b]) await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  await sql`update stock_balance set quantity_milli = 1 where store_id = 'S1'`.execute(db)
  const damaged = await countedBy(db)

  const letGo = await holdStore(db, 'S2')
  const killed = startCommand(url, 'stock')
  await vi.waitFor(async () => {
    expect(await waitingInShadow(db)).toBe(1)
    const { rows } = await sql<{
      read: number
    }>`select sum(seq)::int as read from projection_position where projection = 'rebuild:stock'`.execute(db)
    expect(rows[0]?.read).toBe(10)
  }, 20_000)
  const refused = await rebuildOnline(db, stockProjection, { mode: 'replace' })
  expect(refused).toEqual({
    outcome: 'busy',
    message: expect.stringMatching(/^The projection stock is being rebuilt already, since 20.+ records/),
  })
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await letGo()
  expect(await countedBy(db)).toEqual(damaged)

  await vi.waitFor(async () => expect(await waitingInShadow(db)).toBe(0), 10_000)
  const again = startCommand(url, 'stock')
  expect(await once(again, 'exit')).toEqual([0, null])
  expect(again.lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^20 of 20 records, \d+ a second, all read$/),
      '  balances of stock: of 2, 1 is wrong',
      '      store_id S1, item_id MILK: quantity_milli was 1 and comes to -20000',
    ]),
  )
  const { exceptions, ...rest } = await countedBy(db)
  expect(rest).toEqual({ ...live, exceptions: undefined })
  expect(exceptions.map((row) => row['exception_id'])).toEqual(['PROJECTION_DIFFERED:stock'])
  const { rows: told } = await sql`select state, mode, records_read from projection_rebuild order by rebuild_id`.execute(db)
  expect(told).toMatchObject([
    { state: 'cut-off', mode: 'replace' },
    { state: 'done', mode: 'replace', records_read: 20 },
  ])
  expect(await leftovers(db)).toEqual([])
})

it('[MRG23] a shadow whose tables a crash of the database emptied, or that another rebuild took over, changes nothing', async () => {
  const { db, anotherPool } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
  for (let n = 1; n <= 4; n++) (n % 2 ? a : b).sell(n)
  for (const device of [a, b]) await send(db, device)
  await drainAll(db)
  const live = await countedBy(db)
  const meddle = async (statement: string) => {
    const letGo = await holdStore(anotherPool(), 'S2')
    const rebuilding = rebuildOnline(db, stockProjection, { mode: 'replace', lanes: 2 })
    await vi.waitFor(async () => {
      const { rows } = await sql<{
        read: number
      }>`select sum(seq)::int as read from projection_position where projection = 'rebuild:stock'`.execute(db)
      expect(rows[0]?.read).toBe(2)
    }, 10_000)
    const meddled = sql.raw(statement).execute(db)
    await letGo()
    await meddled
    const rebuilt = await rebuilding
    expect(rebuilt.outcome).toBe('cut-off')
    expect(await countedBy(db)).toEqual(live)
    return rebuilt.message
  }
  // As PostgreSQL leaves an unlogged table after a crash.
  expect(await meddle('truncate rebuild_stock.rebuild_mark')).toContain('the database fell over')
  expect(await meddle(`update projection_rebuild set state = 'cut-off' where state = 'running'`)).toContain(
    'another rebuild of this projection has begun since',
  )
  expect(await rebuildOnline(db, stockProjection, { mode: 'compare' })).toMatchObject({
    message: 'The projection stock is what the log comes to.',
  })
})

/** A rebuild of the stock whose shadow has looked already: `work` happens before the live side is held. */
const rebuildAround = async (db: Database, other: Database, work: (trx: Transaction<Tables>) => Promise<unknown>): Promise<Rebuilt> => {
  const rebuilding = await other.transaction().execute(async (trx) => {
    await shareProjection(trx, 'stock')
    const rebuilt = rebuildOnline(db, stockProjection, { mode: 'replace' })
    await vi.waitFor(async () => {
      const { rows } = await sql`select from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`.execute(db)
      expect(rows).toHaveLength(1)
    }, 10_000)
    await work(trx)
    return { rebuilt }
  })
  return rebuilding.rebuilt
}

it('[MRG21] [STK6] what is booked after the shadow looked, and before the live side is held, is in both', async () => {
  const { db, anotherPool } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  device.sell(1)
  await send(db, device)
  await drainAll(db)
  const rebuilt = await rebuildAround(db, anotherPool(), async (trx) => {
    const booked = { store_id: 'S1', natural_key: 'S1|booked|k', item_id: 'MILK', quantity_milli: 500, business_day: '2026-01-31' }
    const kind = 'adjustment' as const
    await trx
      .insertInto('stock_correction')
      .values({ ...booked, kind, correction_key: 'k', reason: 'r' })
      .execute()
    await addMovements(trx, [{ ...booked, kind, line_number: 1, device_id: null, incarnation: null, seq: null }], 'once')
  })
  expect(rebuilt).toMatchObject({ outcome: 'done', message: 'The projection stock is what the log comes to.' })
  expect((await countedBy(db)).balances).toEqual([{ store_id: 'S1', item_id: 'MILK', quantity_milli: -1_500 }])
})

it('[MRG21] [MRG46] what a person decides of a crossing correction meanwhile is in both', async () => {
  const { db, anotherPool } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  const correction = { key: 'k', storeId: 'S1', itemId: 'MILK', kind: 'adjustment' as const, businessDay: '2026-01-31', reason: 'found' }
  await correctStock(db, { ...correction, quantityMilli: 3_000 })
  device.append(JSON.stringify(stockDocument()), 'stock-document')
  await send(db, device)
  await drainAll(db)
  expect((await countedBy(db)).balances).toMatchObject([{ quantity_milli: 13_000 }])
  const rebuilt = await rebuildAround(db, anotherPool(), async (trx) => {
    await trx.updateTable('override_ruling').set({ decided_winner: 'store', decided_basis: 'person' }).execute()
    await placeCorrections(trx, 'all')
    await settleCounts(trx, 'S1', ['S1|booked|k'])
  })
  expect(rebuilt).toMatchObject({ outcome: 'done', message: 'The projection stock is what the log comes to.' })
  expect((await countedBy(db)).balances).toMatchObject([{ quantity_milli: 10_000 }])
})

it('[MRG20] [MRG21] over HTTP: each projection with its place in the log, a rebuild, and what it found, in words', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  for (let n = 1; n <= 3; n++) device.sell(n)
  await send(db, device)
  const hub = await startHub({ DATABASE_URL: url })
  const listed = async (name: string) => {
    const { projections: all } = (await hub.get('/v1/projections')).body as { projections: { name: string }[] }
    return all.find((each) => each.name === name)
  }
  await vi.waitFor(
    async () => expect(await listed('sales')).toEqual({ name: 'sales', readRecords: 3, waitingRecords: 0, lastRebuild: null }),
    10_000,
  )
  await sql`update day_total set amount_minor = 0 where measure = 'tax'`.execute(db)
  expect(await hub.post('/v1/projections/nothing/rebuild', {})).toMatchObject({
    status: 404,
    body: { message: 'There is no projection nothing; there are sales, stock, overrides, exceptions, day-closes, policies.' },
  })
  expect(await hub.post('/v1/projections/sales/rebuild', { compareOnly: true })).toMatchObject({ status: 202, body: { rebuildId: 1 } })
  await vi.waitFor(async () => expect(await listed('sales')).toMatchObject({ lastRebuild: { state: 'done', mode: 'compare' } }), 10_000)
  expect(await hub.post('/v1/projections/sales/rebuild', {})).toMatchObject({ status: 202, body: { rebuildId: 2 } })
  const differences = [
    { table: 'day_total', changed: 1, missing: 0, surplus: 0, words: expect.stringContaining('amount_minor was 0 and comes to 48') },
  ]
  const progress = { read: 3, total: 3, secondsLeft: 0, words: expect.stringContaining('3 of 3 records') }
  await vi.waitFor(
    async () =>
      expect(await listed('sales')).toMatchObject({ lastRebuild: { state: 'done', mode: 'replace', rebuildId: 2, differences, progress } }),
    10_000,
  )
  expect((await countedBy(db)).totals).toMatchObject([{ amount_minor: 48 }, {}, {}])
  expect((await hub.get('/v1/exceptions?state=open')).body).toMatchObject({
    exceptions: [{ kind: 'PROJECTION_DIFFERED', owner: 'hub', message: expect.stringContaining('It is put right.') }, {}],
  })
})

it('[MRG20] [MRG21] [HUB2] whatever is taken in, merged, filled in and booked meanwhile: a rebuild equals what was live, and puts damage right', async () => {
  const { db, anotherPool } = await server.fresh()
  const other = anotherPool()
  const sale = fc.record({
    what: fc.constantFrom('sell', 'sell', 'sell', 'count', 'unknown', 'return'),
    number: fc.integer({ min: 1, max: 9 }),
    store: fc.nat(2),
  })
  const damages = {
    stock: [
      'delete from stock_movement where line_number = 1',
      'delete from return_hold',
      'update stock_balance set quantity_milli = 1',
      'delete from stock_place',
      'delete from waiting_line',
    ],
    sales: [
      'delete from tax_line',
      'delete from sales_transaction where seq = 1',
      'update day_total set count = 9',
      'delete from day_total',
    ],
    exceptions: ["delete from exception where kind = 'KEY_CONFLICT'"],
    postings: ['delete from posting'],
    policies: ['delete from till_day', 'delete from policy_close', 'delete from policy_finding'],
    'day-closes': ['select 1'],
    overrides: ['select 1'],
  }
  let corrections = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(sale, { minLength: 1, maxLength: 25 }),
      fc.array(sale, { maxLength: 15 }),
      fc.constantFrom(...projections),
      fc.nat(9),
      async (before, meanwhile, projection, chance) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, projection_rebuild, sales_transaction, day_total,
          stock_movement, stock_balance, stock_place, stock_document, stock_base, stock_correction, waiting_line, return_claim, return_hold,
          return_decision, tax_stated, tax_line, tax_day, till_day, policy_close, policy_finding, item, exception, posting,
          feed_head, feed_entry cascade`.execute(db)
        const devices = [await enrolModelDevice(db), await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
        await addItem(db, 'MILK')
        const play = ({ what, number, store }: { what: string; number: number; store: number }): void => {
          const device = devices[store] ?? devices[0]!
          if (what === 'count')
            device.append(JSON.stringify(stockDocument({ storeId: device.storeId, documentId: `c${number}` })), 'stock-document')
          else if (what === 'return')
            device.sell(20 + number, {
              kind: 'return',
              lineItems: [{ ...receipt(1).lineItems[0], quantityMilli: -3_000 }],
              references: [{ relation: 'return-of', storeId: 'S1', workstationId: '1', businessDay: '2026-01-31', sequenceNumber: number }],
            })
          else device.sell(number, what === 'unknown' ? { lineItems: [{ ...receipt(1).lineItems[0], itemId: `U${number % 2}` }] } : {})
        }
        const sendNew = async (): Promise<void> => {
          for (const device of devices) if (device.journal.length > 0) await send(other, device)
        }
        before.forEach(play)
        await sendNew()
        await drainAll(db)
        const [damage = 'select 1'] = damages[projection.name as keyof typeof damages].slice(chance % 5)
        await sql.raw(damage).execute(db)

        const live = async (): Promise<void> => {
          for (const one of meanwhile) {
            play(one)
            await sendNew()
            for (const device of devices) await advanceStream(other, projection, device)
            if (one.number === 2) await addItem(other, `U${one.store % 2}`)
            if (one.number === 3) await mergeWaitingLines(other)
            if (one.number === 6)
              for (const { original } of await readHeld(other, { limit: 9 }))
                await decideReturns(other, { original, decision: 'accept', by: 'p', why: 'w' })
            if (one.number === 4) {
              const key = `k${++corrections}`
              await correctStock(other, {
                key,
                storeId: 'S1',
                itemId: 'MILK',
                kind: 'adjustment',
                quantityMilli: 500,
                businessDay: '2026-01-31',
                reason: 'r',
              })
            }
            const [first] = one.number === 5 && projection.name !== 'day-closes' ? (devices[one.store]?.journal ?? []) : []
            if (first) await other.transaction().execute((trx) => noteLate(trx, devices[one.store]!, [1]))
          }
        }
        const [rebuilt] = await Promise.all([rebuildOnline(db, projection, { mode: 'replace', lanes: (chance % 3) + 1 }), live()])
        expect(rebuilt).toMatchObject({ outcome: 'done' })
        // What is left of the damage would be seen by a second look, at rest.
        await drainAll(db)
        await mergeWaitingLines(db)
        expect(await rebuildOnline(db, projection, { mode: 'compare' })).toMatchObject({
          message: `The projection ${projection.name} is what the log comes to.`,
        })
        const { exceptions, ...counted } = await countedBy(db)
        await rebuildProjection(db, projection)
        await mergeWaitingLines(db)
        expect(await countedBy(db)).toEqual({ ...counted, exceptions })
        expect(await leftovers(db)).toEqual([])
      },
    ),
    { numRuns: 12 },
  )
})
