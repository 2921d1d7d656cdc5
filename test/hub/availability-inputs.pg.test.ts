/** What the hub knows that it does not know, each input by itself: it lowers the figure, is told in words, and the figure recovers with it. */
import type { Figure } from '#hub/availability/figures.ts'
import { readFigures } from '#hub/availability/figures.ts'
import { explainAvailability } from '#hub/stock/explain-availability.ts'
import { addMovements } from '#hub/stock/balance.ts'
import { readLevels } from '#hub/stock/levels.ts'
import type { Database } from '#hub/storage/database.ts'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice } from './model-device.ts'
import { addItem } from './stocking.ts'

const server = withDatabase()

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
const instant = (hoursAgo: number): string => new Date(Date.now() - hoursAgo * 3_600_000).toISOString()

const dayWords = (daysAgo: number): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(Date.parse(day(daysAgo)))

interface Told {
  pending?: number
  oldestHoursAgo?: number
  missingRecords?: number
  items?: number
  prices?: number
  clock?: { offsetMs: number; uncertaintyMs: number }
}

/** The device says how it fares, now. */
const report = async (db: Database, deviceId: string, told: Told = {}): Promise<void> => {
  const { pending = 0, missingRecords = 0, items = 0, prices = 0, clock } = told
  const text = JSON.stringify({
    agentVersion: '3.0.0',
    journal: { incarnation: 'abcdefghijkl', seq: pending, ackedSeq: 0, missingRecords },
    pending: { count: pending, ...(pending > 0 ? { oldestCapturedAt: instant(told.oldestHoursAgo ?? 1) } : {}) },
    ...{ disk: { state: 'roomy' }, openExceptions: 0, quarantined: 0, feeds: { items, prices }, parkedDocuments: 0, uptimeSeconds: 60 },
    traffic: { open: [], sentBytesToday: 0, receivedBytesToday: 0 },
    ...(clock === undefined ? {} : { clock }),
  })
  await sql`insert into device_report (device_id, incarnation, pending, report) values (${deviceId}, 'abcdefghijkl', ${pending}, ${text})
    on conflict (device_id) do update set reported_at = now(), pending = excluded.pending, report = excluded.report`.execute(db)
}

/** A shop that sells 48 of A a day, with 120 on hand, counted yesterday evening. */
const setUp = async () => {
  const { db } = await server.fresh()
  const { deviceId } = await enrolModelDevice(db)
  await addItem(db, 'A')
  await sql`insert into stock_balance values ('S1', 'A', 120000)`.execute(db)
  await sql`insert into stock_movement select 'S1', 'S1|W1|' || n, 1, 'A', -48000, (now() - n * interval '1 day')::date
    from generate_series(0, 27) n`.execute(db)
  await count(db, 1)
  await report(db, deviceId)
  return { db, deviceId }
}

/** 130 counted on a day, as the hub took it in that evening. */
const count = async (db: Database, daysAgo: number): Promise<void> => {
  await sql`insert into stock_base values ('S1', 'A', ${`count-${daysAgo}`}, 130000, ${day(daysAgo)}, 'd', 'i', ${100 - daysAgo})
    on conflict (store_id, item_id) do update set natural_key = excluded.natural_key, business_day = excluded.business_day, seq = excluded.seq`.execute(
    db,
  )
  await writeBalance(db)
}

/** As whoever derives it does. */
const writeBalance = (db: Database) => sql`update stock_balance set quantity_milli = quantity_milli where item_id = 'A'`.execute(db)

const read = async (db: Database): Promise<Figure & { why: string; units: number }> => {
  const [figure] = (await readFigures(db, [{ storeId: 'S1', itemId: 'A' }])).figures
  if (figure === undefined) throw new Error('there is no figure')
  const why = explainAvailability(figure.terms, { storeId: 'S1', timeZone: figure.timeZone })
  return { ...figure, why, units: figure.availableMilli / 1_000 }
}

/** Lower while it lasts, in words, and exactly what it was when it is over. */
const expectDip = async (db: Database, begin: () => Promise<unknown>, words: RegExp, end: () => Promise<unknown>): Promise<void> => {
  const before = await read(db)
  await begin()
  const during = await read(db)
  expect(during.units).toBeLessThan(before.units)
  expect(during.bookConfidencePpm).toBeLessThan(before.bookConfidencePpm)
  expect(during.why).toMatch(words)
  await end()
  expect((await read(db)).units).toBe(before.units)
}

it('[AVL13] the older the last count, the less is offered; a new count gives it back, and the answer to why names it', async () => {
  const { db } = await setUp()
  await expectDip(
    db,
    () => count(db, 25),
    new RegExp(`130 by the count of ${dayWords(25)}, 10 less since.*last counted 2[45] days ago`),
    () => count(db, 1),
  )
  await expectDip(
    db,
    async () => {
      await sql`delete from stock_base`.execute(db)
      await writeBalance(db)
    },
    /^120 on hand; .*last counted 28 days ago/,
    () => count(db, 1),
  )
})

it('[AVL13] item and price data that the store lacks', async () => {
  const { db, deviceId } = await setUp()
  for (const [feed, scope] of [
    ['items', '*'],
    ['prices', 'S1'],
  ]) {
    const write = (checkpoint: number, daysAgo: number) =>
      sql`insert into feed_entry values (${feed}, ${scope}, ${`A${checkpoint}`}, ${checkpoint}, false, '{}', now() - ${daysAgo}::int * interval '1 day')`.execute(
        db,
      )
    await expectDip(
      db,
      async () => {
        await write(1, 9)
        await write(2, 2)
        await report(db, deviceId, { items: feed === 'items' ? 1 : 2, prices: feed === 'prices' ? 1 : 0 })
      },
      /it has not had the newest item data for 2 days/,
      () => report(db, deviceId, { items: 2, prices: 2 }),
    )
  }
})

it('[AVL13] receipt numbers that are missing, and days that the log lacks records of, until they arrive or the item is counted', async () => {
  const { db } = await setUp()
  await sql`insert into day_total values ('S1', ${day(2)}, 'W1', 'EUR', 'transaction-kind', 'sale', 2800, 0)`.execute(db)
  const miss = (id: string, daysAgo: number) =>
    sql`insert into exception (exception_id, kind, store_id, business_day, message, owner)
      values (${`store:S1:MISSING_NUMBER:1|${day(daysAgo)}|${id}`}, 'MISSING_NUMBER', 'S1', ${day(daysAgo)}, 'x', 'store')`.execute(db)
  const arrive = () => sql`update exception set state = 'resolved'`.execute(db)
  await expectDip(db, () => miss('7-36', 0), /30 of its records are missing here/, arrive)
  await expectDip(db, () => miss('100-999999', 0), /100 of its records are missing here/, arrive)
  // Of the day before the count: it is in it
  const before = await read(db)
  await miss('8', 5)
  expect((await read(db)).units).toBe(before.units)
  await expectDip(
    db,
    () =>
      sql`insert into day_comparison (device_id, incarnation, business_day, store_id, outcome, count, digest)
        select device_id, 'abcdefghijkl', ${day(0)}, 'S1', 'lacks', 60, '' from device`.execute(db),
    /40 of its records are missing here/,
    () => sql`update day_comparison set outcome = 'agrees'`.execute(db),
  )
})

it('[AVL13] records that the store’s journal lost', async () => {
  const { db, deviceId } = await setUp()
  await expectDip(
    db,
    () => report(db, deviceId, { missingRecords: 4 }),
    /4 of its records are missing here/,
    () => report(db, deviceId),
  )
})

it('[AVL13] records on the way, by what a record holds of the item; a clock that is ahead makes them older where that is not known', async () => {
  const { db, deviceId } = await setUp()
  const clock = { offsetMs: 7_200_000, uncertaintyMs: 1_000 }
  const late = { pending: 30, oldestHoursAgo: 1 }
  await expectDip(
    db,
    () => report(db, deviceId, late),
    /store S1 said that 30 of its records are still on the way/,
    () => report(db, deviceId),
  )
  await report(db, deviceId, late)
  await expectDip(
    db,
    () => report(db, deviceId, { ...late, clock }),
    /30 of its records are still on the way, by a clock that is 2 h ahead/,
    () => report(db, deviceId, late),
  )
  // 48 a day in 100 records a day: half a unit a record
  await sql`insert into day_total values ('S1', ${day(2)}, 'W1', 'EUR', 'transaction-kind', 'sale', 2800, 0)`.execute(db)
  const known = await read(db)
  expect(known.terms.find((term) => term.kind === 'unseen' && term.cause === 'pending')).toMatchObject({ meanMicro: 30 * 480_000 })
  await report(db, deviceId, { ...late, clock })
  expect((await read(db)).units).toBe(known.units)
})

it('[AVL13] what is in transit is apart: the same figure as the stock’s own, offered by nobody until it arrived', async () => {
  const { db } = await setUp()
  await enrolModelDevice(db, 'S2')
  const document = (storeId: string, kind: string, other: string, id: string) =>
    sql`insert into stock_document values (${storeId}, ${`${storeId}|stock|${id}`}, ${id}, ${kind}, ${day(0)}, '', ${other}, ${kind === 'transfer-in' ? 't1' : null}, null)`.execute(
      db,
    )
  const move = (storeId: string, id: string, kind: string, milli: number) =>
    sql`insert into stock_movement values (${storeId}, ${`${storeId}|stock|${id}`}, 1, 'A', ${milli}, ${day(0)}, ${kind})`.execute(db)
  const before = await read(db)
  await document('S2', 'transfer-out', 'S1', 't1')
  await move('S2', 't1', 'transfer-out', -30_000)
  expect(await read(db)).toMatchObject({ inTransitMilli: 30_000, units: before.units })
  await document('S1', 'transfer-in', 'S2', 'r1')
  await move('S1', 'r1', 'transfer-in', 12_000)
  const level = await readLevels(db, { storeId: 'S1', itemId: 'A', limit: 1 })
  expect([(await read(db)).inTransitMilli, level[0]?.inTransitMilli]).toEqual([18_000, 18_000])
})

it('[AVL14] what sold lately is kept between calls, and never past a movement: the figure is that of a hub that starts afresh', async () => {
  const test = await server.fresh()
  const { db } = test
  await enrolModelDevice(db)
  await sql`update device set last_seen_at = now()`.execute(db)
  await sql`insert into stock_balance values ('S1', 'A', 90000)`.execute(db)
  const sell = (n: number, milli: number) => {
    const place = { device_id: 'd', incarnation: 'i', seq: n }
    const movement = { store_id: 'S1', natural_key: `S1|W1|${n}`, line_number: 1, item_id: 'A', quantity_milli: -milli, kind: 'sale' }
    return db.transaction().execute((trx) => addMovements(trx, [{ ...movement, ...place, business_day: day(n % 20) }], 'once'))
  }
  const velocities: number[] = []
  for (let n = 1; n <= 6; n++) {
    await sell(n, 4_000 * n)
    const { terms, ...figure } = await read(db)
    expect({ ...figure, terms }).toMatchObject({ availableMilli: (await read(test.anotherPool())).availableMilli })
    velocities.push(terms.flatMap((term) => (term.kind === 'unseen' && term.cause === 'horizon' ? term.milliPerHour : []))[0] ?? -1)
  }
  expect(velocities).toEqual([6, 18, 36, 60, 89, 125])
})

it('[AVL14] ten thousand figures in one call', async () => {
  const { db } = await server.fresh()
  await sql`insert into store select 'S' || s, 'x', 'EUR', 'UTC' from generate_series(1, 100) s`.execute(db)
  await sql`insert into stock_balance select 'S' || s, 'I' || i, 5000 from generate_series(1, 100) s, generate_series(1, 100) i`.execute(db)
  await sql`insert into reservation (reservation_id, kind, state, channel, content) values ('R', 'hard', 'active', 'web', '')`.execute(db)
  await sql`insert into reservation_line select 'R', 100 * s + i, 'S' || s, 'I' || i, 1000 from generate_series(1, 100) s, generate_series(1, 100) i`.execute(
    db,
  )
  const keys = Array.from({ length: 10_000 }, (_, n) => ({ storeId: `S${(n % 100) + 1}`, itemId: `I${Math.floor(n / 100) + 1}` }))
  const { figures } = await readFigures(db, keys)
  expect(figures).toHaveLength(10_000)
  expect(new Set(figures.map(({ availableMilli }) => availableMilli))).toEqual(new Set([4_000]))
})
