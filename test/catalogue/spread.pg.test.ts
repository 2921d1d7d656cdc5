/** Who has what: through a listening hub, its feeds, its stores' reports and their sales. */
import { priceSchema, type Price } from '#sync/contract/catalogue.ts'
import { buryInFeed, writeFeed } from '#hub/catalogue/feed.ts'
import type { Spread } from '#hub/catalogue/spread.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from '../hub/database.ts'
import { enrolModelDevice } from '../hub/model-device.ts'
import { withHubs } from '../hub/running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const priceOf = (storeId: string, itemId: string, effectiveFrom: string): Price =>
  priceSchema.parse({ priceId: `${storeId}:${itemId}`, itemId, storeId, amountMinor: 100, currency: 'EUR', effectiveFrom })

const write = (db: Database, storeId: string, items: readonly string[], effectiveFrom = '2026-01-01T00:00:00.000Z') =>
  db.transaction().execute((trx) =>
    writeFeed(
      trx,
      'prices',
      storeId,
      items.map((itemId) => priceOf(storeId, itemId, effectiveFrom)),
    ),
  )

const reported = (db: Database, deviceId: string, feeds: Record<string, number>) =>
  sql`insert into device_report (device_id, incarnation, pending, report) values (${deviceId}, 'aaaaaaaaaaaa', 0, ${JSON.stringify({ feeds })})
    on conflict (device_id) do update set report = excluded.report, reported_at = now()`.execute(db)

const soldOn = (db: Database, storeId: string, itemId: string, days: readonly number[]) =>
  sql`insert into stock_movement (store_id, natural_key, line_number, item_id, quantity_milli, business_day)
    select ${storeId}, ${storeId} || ${itemId} || d, 1, ${itemId}, -1000, ('2026-01-' || lpad(d::text, 2, '0'))::date
    from unnest(${[...days]}::int[]) d`.execute(db)

it('[PRC7] of each feed and each change it is known which stores lack it, since when, and what that means', async () => {
  const { db, url } = await server.fresh()
  const [one, two] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  const hub = await startHub({ DATABASE_URL: url })
  const spread = async (path: string) => (await hub.get(`/v1/catalogue/spread/${path}`)) as { status: number; body: Spread }
  await write(db, 'S1', ['MILK', 'BREAD'])
  await write(db, 'S1', ['SLED'], '2999-01-01T00:00:00.000Z')
  await write(db, 'S2', ['MILK'])
  await reported(db, one.deviceId, { prices: 1 })
  await reported(db, two.deviceId, { prices: 1 })
  // Bread is sold on every day, milk on two of seven.
  await soldOn(db, 'S1', 'BREAD', [10, 11, 12, 13, 14, 15, 16, 17])
  await soldOn(db, 'S1', 'MILK', [16, 17])

  const { body } = await spread('prices')
  expect(body.stores).toMatchObject([
    { storeId: 'S1', checkpoint: 1, head: 3, missing: 2, due: 1, fastMoving: 1, since: expect.stringMatching(/^20/) },
    { storeId: 'S2', checkpoint: 1, head: 1, missing: 0, since: null },
  ])
  expect(body.words).toMatch(/^2 price changes not yet at 1 store, since .* UTC; 1 is in force already; 1 concerns a fast-moving item\.$/)

  expect((await spread('prices/S1:SLED')).body.stores).toMatchObject([{ storeId: 'S1', missing: 1, due: 0, fastMoving: 0 }])
  expect((await spread('prices/S1:MILK')).body).toMatchObject({
    stores: [{ storeId: 'S1', missing: 0 }],
    words: 'Every store has everything.',
  })
  expect(await spread('prices/NEVER')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  expect((await spread('gossip')).status).toBe(422)

  // What changed again is lacked anew; what was taken out is lacked by nobody; another PC of the store speaks for it once it reports.
  await write(db, 'S2', ['MILK'], '2026-01-02T00:00:00.000Z')
  expect((await spread('prices/S2:MILK')).body.stores).toMatchObject([{ storeId: 'S2', missing: 1 }])
  await db.transaction().execute((trx) => buryInFeed(trx, 'prices', 'S1', ['S1:BREAD', 'S1:SLED']))
  const successor = await enrolModelDevice(db, 'S2')
  await reported(db, successor.deviceId, { prices: 2 })
  expect((await spread('prices')).body).toMatchObject({ words: 'Every store has everything.' })
})
