/** Rebuilds of projections at a real PostgreSQL: beside live workers and intake, over damage, killed in the middle, two at once. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { rebuildOnline, type Rebuilt } from '#hub/rebuild/rebuild.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { countedBy, drainAll, exceptionsOf, projections } from './comparing.ts'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { addItem } from './stocking.ts'

const server = withDatabase()

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
