/** The published figure over HTTP, from what a real hub's database knows. */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { type RunningHub, withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)

const reportText = (pending: number): string =>
  JSON.stringify({
    agentVersion: '3.0.0',
    journal: { incarnation: 'abcdefghijkl', seq: pending, ackedSeq: 0, missingRecords: 0 },
    pending: { count: pending, oldestCapturedAt: new Date(Date.now() - 36_000_000).toISOString() },
    ...{ disk: { state: 'roomy' }, openExceptions: 0, quarantined: 0, feeds: {}, parkedDocuments: 0, uptimeSeconds: 60 },
    traffic: { open: [], sentBytesToday: 0, receivedBytesToday: 0 },
  })

const figureOf = async (hub: RunningHub, query: string) =>
  (await hub.get(`/v1/availability?${query}`)).body as {
    items: { availableMilli: number; confidencePpm: number; stores: Record<string, number>[] }[]
  }

it('[AVL8] a figure falls while its store is silent or has records on the way, recovers with its report, and says why', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  const heard = (minutesAgo: number, pending = 0) =>
    sql`insert into device_report (device_id, incarnation, reported_at, pending, report)
      values (${device.deviceId}, 'abcdefghijkl', now() - ${minutesAgo}::int * interval '1 minute', ${pending}, ${reportText(pending)})
      on conflict (device_id) do update set reported_at = excluded.reported_at, pending = excluded.pending, report = excluded.report`.execute(
      db,
    )
  await db.insertInto('stock_balance').values({ store_id: 'S1', item_id: 'A', quantity_milli: 60_000 }).execute()
  for (let number = 1; number <= 28; number++)
    await sql`insert into stock_movement values ('S1', ${`S1|W1|${day(number % 27)}|${number}`}, 1, 'A', -24000, ${day(number % 27)})`.execute(
      db,
    )
  const hub = await startHub({ DATABASE_URL: url })

  await heard(0)
  const fresh = await figureOf(hub, 'itemId=A&storeId=S1&channel=web')
  expect(fresh).toMatchObject({ version: 1, items: [{ itemId: 'A', stores: [{ storeId: 'S1', onHandMilli: 60_000, reservedMilli: 0 }] }] })
  const { availableMilli = 0, confidencePpm = 0 } = fresh.items[0] ?? {}
  expect(availableMilli).toBeGreaterThan(20_000)
  expect(confidencePpm).toBeGreaterThanOrEqual(980_000)
  await heard(600)
  const silent = (await figureOf(hub, 'itemId=A&storeId=S1')).items[0]?.availableMilli ?? 0
  expect(silent).toBeLessThan(availableMilli)
  expect((await hub.get('/v1/availability/why?itemId=A&storeId=S1')).body).toMatchObject({
    availableMilli: silent,
    why: expect.stringMatching(/60 on hand.*store S1 has not reported for 10 h.*held back/),
  })
  await heard(0, 40)
  expect((await figureOf(hub, 'itemId=A')).items[0]?.availableMilli).toBeLessThan(availableMilli)
  await heard(0)
  expect((await figureOf(hub, 'itemId=A')).items[0]?.availableMilli).toBe(availableMilli)

  const lines = [{ itemId: 'A', quantityMilli: 3_000, storeIds: ['S1'] }]
  await hub.post('/v1/reservations', { reservationId: 'R', kind: 'hard', channel: 'web', lines })
  expect((await figureOf(hub, 'itemId=A')).items[0]).toMatchObject({
    availableMilli: availableMilli - 3_000,
    stores: [{ reservedMilli: 3_000 }],
  })
})

it('[AVL8] many items and stores in one call, summed by item; bounds and unknown stores are told', async () => {
  const { db, url } = await server.fresh()
  await enrolModelDevice(db)
  await enrolModelDevice(db, 'S2')
  await sql`insert into stock_balance values ('S1', 'A', 5000), ('S2', 'A', 7000), ('S2', 'B', -1000)`.execute(db)
  const hub = await startHub({ DATABASE_URL: url })
  expect((await hub.get('/v1/availability?itemId=A&itemId=B&itemId=C')).body).toMatchObject({
    items: [
      { itemId: 'A', availableMilli: 12_000, stores: [{ storeId: 'S1' }, { storeId: 'S2' }] },
      // Nobody offers it, and of one store that is because its books are wrong.
      { itemId: 'B', availableMilli: 0, confidencePpm: 0, stores: [{ onHandMilli: 0 }, { onHandMilli: -1_000, confidencePpm: 0 }] },
      { itemId: 'C', availableMilli: 0 },
    ],
  })
  const tooMany = Array.from({ length: 501 }, (_, n) => `itemId=I${n}`).join('&')
  expect(await hub.get(`/v1/availability?${tooMany}`)).toMatchObject({ status: 422 })
  expect(await hub.get('/v1/availability')).toMatchObject({ status: 422 })
  expect(await hub.get('/v1/availability/why?itemId=A&storeId=S9')).toMatchObject({ status: 404 })
})
