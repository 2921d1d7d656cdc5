/** Rebuilds of projections at a real PostgreSQL: what was damaged is found, told, and put right, and over HTTP. */
import type { Projection } from '#hub/merge/projection.ts'
import { salesProjection } from '#hub/merge/sales.ts'
import { rebuildOnline, type Rebuilt } from '#hub/rebuild/rebuild.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { countedBy, drainAll, exceptionsOf, projections } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem } from './stocking.ts'
import { leftovers, send } from './rebuilding.ts'

const server = withDatabase()
const startHub = withHubs()

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
