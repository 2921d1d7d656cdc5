import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { setPrice } from '#hub/catalogue/prices.ts'
import { migrate } from '#hub/storage/migrate.ts'
import { priceSchema } from '#sync/contract/catalogue.ts'
import { withDatabase } from '../hub/database.ts'
import { createStoreReader, erpItem, priceAt, pullItems } from './catalogue-world.ts'

const server = withDatabase()

it('[HUB8] [PRC8] a database from before keeps the prices that its stores have, and goes on with them', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 10)
  const from = '2026-01-01T00:00:00.000Z'
  const price = (priceId: string, amountMinor: number, more = {}) =>
    priceSchema.parse({ priceId, itemId: 'A', storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom: from, ...more })
  const documents = [price('erp:A:S1:1', 100), price('own', 90, { effectiveFrom: '2040-01-01T00:00:00.000Z' })]
  await sql`insert into store (store_id, name, currency, time_zone) values ('S1', 'S1', 'EUR', 'Europe/Berlin')`.execute(db)
  await sql`insert into item (item_id, name, barcodes, unit, tax_code, tax_rate_micro, erp_id) values ('A', 'Item A', '{}', 'each', 'T25', 250000, 'eA')`.execute(
    db,
  )
  await sql`insert into assortment values ('S1', 'A', true)`.execute(db)
  for (const [n, each] of documents.entries()) {
    await sql`insert into price (price_id, item_id, store_id, amount_minor, currency, effective_from, source)
      values (${each.priceId}, 'A', 'S1', ${each.amountMinor}, 'EUR', ${each.effectiveFrom}, ${n === 0 ? 'erp' : 'operator'})`.execute(db)
    await sql`insert into feed_entry (feed, scope, document_id, checkpoint, document) values ('prices', 'S1', ${each.priceId}, ${n + 1}, ${JSON.stringify(each)})`.execute(
      db,
    )
  }
  await sql`insert into feed_head values ('prices', 'S1', 2)`.execute(db)
  await migrate(db)
  const reader = createStoreReader(db, 'prices', 'S1')
  expect(await reader.sync()).toBe(2)
  expect(await pullItems(db, [erpItem('A', 100)], true)).toMatchObject({ items: 0, prices: 0, listings: 0, problems: 0 })
  expect(await setPrice(db, documents[1] ?? price('none', 1))).toEqual({ outcome: 'known' })
  await pullItems(db, [erpItem('A', 120)])
  expect(await reader.sync()).toBe(1)
  expect([priceAt(reader, 'A', Date.now() + 5_000), priceAt(reader, 'A', Date.UTC(2041, 0))]).toEqual([120, 90])
})
