/** The stock ledger at a real PostgreSQL: counts by their place, whatever the order of arrival, the number of workers, or who is killed. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { exceptionProjection } from '#hub/exception/exception-projection.ts'
import { mergeWaitingLines } from '#hub/identity/waiting-lines.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { grouped } from '#hub/grouped.ts'
import { checkBalances } from '#hub/stock/balance.ts'
import { correctStock } from '#hub/stock/corrections.ts'
import { type LedgerEntry, onHandOf } from '#hub/stock/count-rule.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import { type Database, openDatabase } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, insertModelDevice, type ModelDevice, modelDevice, receipt } from './model-device.ts'
import { addItem, type DocumentChange, stockDocument } from './stocking.ts'

const server = withDatabase()
const milk = receipt(1).lineItems[0]
const day = (n: number): string => `2026-01-${String(n).padStart(2, '0')}`

const drain = (db: Database) => drainProjection(db, stockProjection)
const send = async (db: Database, device: ModelDevice): Promise<void> => {
  expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
}
const write = (device: ModelDevice, change: DocumentChange) =>
  device.append(JSON.stringify(stockDocument({ storeId: device.storeId, ...change })), 'stock-document')
const sell = (device: ModelDevice, number: number, units: number, change: Record<string, unknown> = {}) =>
  device.sell(number, { lineItems: [{ ...milk, quantityMilli: units * 1_000 }], ...change })
const units = (line: number, itemId: string, n: number) => ({ lineNumber: line, itemId, quantityMilli: n * 1_000, unit: 'each' as const })

const rowsOf = async (db: Database, query: string): Promise<object[]> => (await sql.raw<object>(query).execute(db)).rows
const snapshot = async (db: Database) => ({
  movements: await rowsOf(db, 'select * from stock_movement order by natural_key, line_number, item_id'),
  balances: await rowsOf(db, 'select * from stock_balance order by store_id, item_id'),
  bases: await rowsOf(db, 'select * from stock_base order by store_id, item_id'),
  places: await rowsOf(db, 'select * from stock_place order by natural_key, device_id, incarnation'),
  documents: await rowsOf(db, 'select * from stock_document order by natural_key'),
  waiting: await rowsOf(db, 'select * from waiting_line order by natural_key, line_number'),
})
const faults = async (db: Database) => (await Promise.all(['S1', 'S2'].map((storeId) => checkBalances(db, storeId)))).flat()
const onHand = async (db: Database, itemId = 'MILK', storeId = 'S1'): Promise<number | undefined> =>
  (
    await db
      .selectFrom('stock_balance')
      .select('quantity_milli')
      .where('store_id', '=', storeId)
      .where('item_id', '=', itemId)
      .executeTakeFirst()
  )?.quantity_milli

/** The ledger as the pure rule reads it; the places are the log's own. */
const entriesOf = async (db: Database): Promise<Map<string, LedgerEntry[]>> => {
  const { rows } = await sql<LedgerEntry & { item: string }>`
    select store_id || ' ' || item_id as item, natural_key as key, kind, quantity_milli as "quantityMilli", business_day as "businessDay",
      (select coalesce(json_agg(json_build_object('deviceId', l.device_id, 'incarnation', l.incarnation, 'seq', l.seq)), '[]') from record_log l
       where l.store_id = m.store_id and l.natural_key = m.natural_key and l.verdict in ('accepted', 'duplicate')) as places
    from stock_movement m`.execute(db)
  return grouped(rows, ({ item }) => item)
}

it('[STK2] [STK3] every kind of movement, and a count that contains what stands before it', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  write(device, { documentId: 'r1', documentKind: 'receipt', lines: [units(1, 'MILK', 20)] })
  sell(device, 1, 3)
  sell(device, 2, -1, { kind: 'return' })
  write(device, { documentId: 'a1', documentKind: 'adjustment', reason: 'broken', lines: [units(1, 'MILK', -2)] })
  await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(16_000)
  write(device, { documentId: 'c1', lines: [units(1, 'MILK', 9), units(2, 'MILK', 5)] })
  sell(device, 3, 4)
  sell(device, 4, -4, { kind: 'post-void' })
  write(device, { documentId: 'o1', documentKind: 'transfer-out', otherStoreId: 'S2', lines: [units(1, 'MILK', 6)] })
  write(device, { documentId: 'i1', documentKind: 'transfer-in', otherStoreId: 'S2', transferId: 'x', lines: [units(1, 'MILK', 1)] })
  await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(9_000)
  const kinds = await rowsOf(db, 'select kind, sum(quantity_milli)::int as milli from stock_movement group by 1 order by 1')
  expect(kinds.map((row) => Object.values(row))).toEqual([
    ['adjustment', -2_000],
    ['count', 14_000],
    ['post-void', 4_000],
    ['receipt', 20_000],
    ['return', 1_000],
    ['sale', -7_000],
    ['transfer-in', 1_000],
    ['transfer-out', -6_000],
  ])
  expect(await faults(db)).toEqual([])
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
})

it('[STK3] [TRN22] a sale from before the count that is filled in after it changes nothing; one from behind it does', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  sell(device, 1, 3)
  write(device, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  sell(device, 2, 2)
  await send(db, device)
  const late = await db.deleteFrom('record_log').where('seq', 'in', [1, 3]).returningAll().execute()
  await sql`insert into projection_position values ('stock', ${device.deviceId}, ${device.incarnation}, 1)`.execute(db)
  await sql`update device_stream set acked_seq = 2`.execute(db)
  await drain(db)
  expect(await onHand(db)).toBe(10_000)
  await db.insertInto('record_log').values(late).execute()
  await sql`update device_stream set acked_seq = 3`.execute(db)
  await sql`insert into projection_late values ('stock', ${device.deviceId}, ${device.incarnation}, 1)`.execute(db)
  await drain(db)
  expect(await onHand(db)).toBe(8_000)
  expect(await faults(db)).toEqual([])
  await rebuildProjection(db, stockProjection)
  expect(await onHand(db)).toBe(8_000)
  // What was taken before, and was removed from the log and filled in again, moves nothing.
  const live = await snapshot(db)
  for (const seq of [1, 2, 3])
    await sql`insert into projection_late values ('stock', ${device.deviceId}, ${device.incarnation}, ${seq})`.execute(db)
  await drain(db)
  expect(await snapshot(db)).toEqual(live)
  expect(await rowsOf(db, 'select * from exception')).toEqual([])
})

it('[STK3] [CAP13] a sale that only a new life brought is contained in the old life’s count, once the old life is heard', async () => {
  const { db } = await server.fresh()
  const old = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  sell(old, 1, 3)
  write(old, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  const renewed = modelDevice({ deviceId: old.deviceId, storeId: 'S1', privateKey: old.privateKey, incarnation: 'bbbbbbbbbbbb' })
  for (const record of old.journal.slice(0, 1)) renewed.append(record.payload, record.kind, record.capturedAt)
  await send(db, renewed)
  await drain(db)
  expect(await onHand(db)).toBe(-3_000)
  await send(db, old)
  await drain(db)
  expect(await onHand(db)).toBe(10_000)
  expect(await faults(db)).toEqual([])
})

it('[STK3] a count that another device has as well contains what stands before it there, however late it says so', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  await addItem(db, 'MILK')
  write(a, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  sell(b, 1, 3)
  for (const device of [a, b]) await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(7_000)
  write(b, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  await send(db, b)
  await drain(db)
  expect(await onHand(db)).toBe(10_000)
  expect(await faults(db)).toEqual([])
})

it('[STK2] [OPS2] a count waits for the sales that another worker is adding, and then sees them', async () => {
  const { db, anotherPool } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  const other = anotherPool()
  await addItem(db, 'MILK')
  sell(a, 1, 3)
  write(b, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  await send(db, a)
  await send(db, b)
  const records = await db.selectFrom('record_log').selectAll().where('device_id', '=', a.deviceId).execute()
  const counting = await db.transaction().execute(async (trx) => {
    await stockProjection.apply(trx, records)
    const taken = advanceStream(other, stockProjection, b)
    await vi.waitFor(async () => {
      const { rows } = await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(db)
      expect(rows).toHaveLength(1)
    }, 5_000)
    return { taken }
  })
  expect(await counting.taken).toBe(1)
  expect(await onHand(db)).toBe(7_000)
  expect(await faults(db)).toEqual([])
})

it('[STK1] [STK3] [CAP13] a new life carries sales and counts over: nothing counts twice, and what was before the count stays before it', async () => {
  const { db } = await server.fresh()
  const old = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  sell(old, 1, 3)
  write(old, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  sell(old, 2, 2)
  const renewed = modelDevice({ deviceId: old.deviceId, storeId: 'S1', privateKey: old.privateKey, incarnation: 'bbbbbbbbbbbb' })
  for (const record of old.journal) renewed.append(record.payload, record.kind, record.capturedAt)
  sell(renewed, 3, 1)
  // The new life is heard first.
  await send(db, renewed)
  await drain(db)
  await send(db, old)
  await drain(db)
  expect(await onHand(db)).toBe(7_000)
  write(renewed, { documentId: 'c2', lines: [units(1, 'MILK', 50)] })
  await send(db, renewed)
  await drain(db)
  expect(await onHand(db)).toBe(50_000)
  expect(await faults(db)).toEqual([])
})

it('[STK1] one documentId from two devices: the same counts once, other content is kept, counts for nothing and is told', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db), await enrolModelDevice(db)]
  await addItem(db, 'MILK')
  write(a, { documentId: 'r1', documentKind: 'receipt', lines: [units(1, 'MILK', 20)] })
  write(b, { documentId: 'r1', documentKind: 'receipt', lines: [units(1, 'MILK', 20)] })
  write(b, { documentId: 'r1', documentKind: 'receipt', lines: [units(1, 'MILK', 7)] })
  write(b, { documentId: 'of another store', storeId: 'S2', lines: [units(1, 'MILK', 7)] })
  await send(db, a)
  expect(await acceptBatch(db, b, b.journal)).toMatchObject({
    verdicts: [
      { verdict: 'duplicate' },
      { verdict: 'conflict' },
      { verdict: 'quarantined', reason: expect.stringContaining('WRONG_STORE') },
    ],
  })
  await drain(db)
  await drainProjection(db, exceptionProjection)
  expect(await onHand(db)).toBe(20_000)
  expect(await rowsOf(db, `select kind, message, owner from exception where kind = 'DOCUMENT_CONFLICT'`)).toEqual([
    {
      kind: 'DOCUMENT_CONFLICT',
      owner: 'store',
      message: `The receipt r1 came a second time with other content. Both are kept; the first counts (record ${a.deviceId}:${a.incarnation}:1), this one for nothing.`,
    },
  ])
})

it('[STK3] [IDN7] a count of an unknown item waits, and counts as of its place once the item is known', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  sell(device, 1, 3)
  write(device, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  sell(device, 2, 2)
  await send(db, device)
  await drain(db)
  expect((await snapshot(db)).waiting).toHaveLength(3)
  await addItem(db, 'MILK')
  await mergeWaitingLines(db)
  expect(await onHand(db)).toBe(8_000)
  expect(await faults(db)).toEqual([])
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
})

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('sell'), units: fc.integer({ min: -3, max: 5 }), day: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('count', 'receipt', 'adjustment'),
      units: fc.integer({ min: 0, max: 9 }),
      day: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('carry'), units: fc.nat(9), day: fc.constant(1) }) },
)

/** Two devices of one store, one of another; each may begin new lives that carry a part of the old one over. */
const play = (device: ModelDevice, steps: readonly { what: string; units: number; day: number }[], name: string): ModelDevice[] => {
  const lives = [device]
  steps.forEach(({ what, units: n, day: on }, index) => {
    const present = lives.at(-1) ?? device
    if (what === 'sell') sell(present, index + 1, n, { workstationId: name, businessDay: day(on), kind: n < 0 ? 'return' : 'sale' })
    else if (what === 'carry') {
      const renewed = modelDevice({ ...device, incarnation: `${'abcdefghij'[lives.length % 10]}`.repeat(12) })
      for (const record of present.journal.slice(0, n)) renewed.append(record.payload, record.kind, record.capturedAt)
      lives.push(renewed)
    } else {
      const lines = [units(1, 'MILK', n), ...(n % 2 ? [units(2, 'TEA', n)] : [])]
      write(present, { documentId: `${name}-${index}`, documentKind: what as 'count', businessDay: day(on), lines })
    }
  })
  return lives
}

it('[STK2] [STK3] [HUB2] whatever the interleaving of streams, workers and bookings: balances are what the rule says, and a rebuild finds the same', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(...Array.from({ length: 3 }, () => fc.array(step, { minLength: 1, maxLength: 10 }))),
      fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 4 })), { maxLength: 3 }),
      fc.infiniteStream(fc.nat()),
      async (plays, bookings, chance) => {
        run += 1
        await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, stock_movement, stock_balance, stock_place,
          stock_document, stock_base, stock_correction, waiting_line, item, exception, feed_head, feed_entry cascade`.execute(db)
        const devices = [await enrolModelDevice(db), await enrolModelDevice(db), await enrolModelDevice(db, 'S2')]
        await addItem(db, 'MILK')
        await addItem(db, 'TEA')
        const lives = devices.flatMap((device, index) => play(device, plays[index] ?? [], `w${index}`))
        const unsent = lives.filter(({ journal }) => journal.length > 0).map((life) => ({ life, sent: 0 }))
        let booked = 0
        // Batches, merges and bookings in any order, two at a time.
        while (unsent.some(({ life, sent }) => sent < life.journal.length)) {
          const next = (bound: number): number => (chance.next().value as number) % bound
          const one = unsent[next(unsent.length)]
          if (!one) break
          const upTo = Math.min(one.life.journal.length, one.sent + 1 + next(4))
          if (upTo > one.sent) {
            expect(await acceptBatch(db, one.life, one.life.journal.slice(one.sent, upTo))).toMatchObject({ outcome: 'acknowledged' })
            one.sent = upTo
          }
          const [milli, on] = bookings[booked] ?? []
          const booking = milli === undefined || next(2) === 0 ? undefined : { milli: milli * 1_000, on: on ?? 1, key: `k${booked++}` }
          await Promise.all([
            ...pools.map((pool) =>
              next(2) ? advanceStream(pool, stockProjection, unsent[next(unsent.length)]?.life ?? one.life) : undefined,
            ),
            booking &&
              correctStock(pools[1] ?? db, {
                ...{ key: booking.key, storeId: 'S1', itemId: 'MILK', kind: 'adjustment', reason: 'found' },
                ...{ quantityMilli: booking.milli, businessDay: day(booking.on) },
              }),
          ])
        }
        await Promise.all(pools.map(drain))
        await drain(db)
        const live = await snapshot(db)
        const derived = [...(await entriesOf(db))].map(([item, entries]) => [item, onHandOf(entries)])
        expect(
          live.balances
            .map((row) => Object.values(row))
            .map(([store, item, milli]) => [`${store} ${item}`, milli])
            .sort(),
        ).toEqual(derived.sort())
        expect(await faults(db)).toEqual([])
        await rebuildProjection(db, stockProjection)
        expect(await snapshot(db)).toEqual(live)
      },
    ),
    { numRuns: 40 },
  )
  expect(run).toBeGreaterThanOrEqual(40)
}, 180_000)

it('[STK2] [OPS2] a worker killed in the middle of a count has counted nothing; the next one counts it, once', async () => {
  const { db, url } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  sell(device, 1, 3)
  write(device, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  sell(device, 2, 2)
  await send(db, device)
  const doomed = openDatabase(url, { name: 'doomed', maxConnections: 1 })
  await db.insertInto('stock_balance').values({ store_id: 'S1', item_id: 'MILK', quantity_milli: 0 }).execute()
  await db.transaction().execute(async (trx) => {
    await sql`select from stock_balance for update`.execute(trx)
    const merging = drain(doomed).catch((error: unknown) => error)
    await vi.waitFor(async () => {
      const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
        where application_name = 'doomed' and wait_event_type = 'Lock'`.execute(db)
      expect(rows).toHaveLength(1)
      await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(db)
    }, 5_000)
    expect(await merging).toBeInstanceOf(Error)
  })
  await doomed.destroy()
  expect(await snapshot(db)).toMatchObject({ movements: [], bases: [], documents: [] })
  await drain(db)
  expect(await onHand(db)).toBe(8_000)
  expect(await faults(db)).toEqual([])
})

it('[STK2] a balance that is not what its ledger comes to is found', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  sell(device, 1, 3)
  await send(db, device)
  await drain(db)
  await sql`update stock_balance set quantity_milli = 7`.execute(db)
  await sql`insert into stock_balance values ('S1', 'GHOST', 5)`.execute(db)
  expect(await faults(db)).toEqual([
    { storeId: 'S1', itemId: 'GHOST', balanceMilli: 5, ledgerMilli: null },
    { storeId: 'S1', itemId: 'MILK', balanceMilli: 7, ledgerMilli: -3_000 },
  ])
})

it('[STK6] a correction is booked once by its key, survives a rebuild, and is contained by a count of a later day', async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  await addItem(db, 'MILK')
  const correction = {
    ...{ key: 'erp-77', storeId: 'S1', itemId: 'MILK', kind: 'erp-correction' as const, reason: 'stocktaking at the ERP' },
    ...{ quantityMilli: 5_000, businessDay: day(10) },
  }
  const answers = await Promise.all(Array.from({ length: 6 }, () => correctStock(db, correction)))
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['booked', ...Array.from({ length: 5 }, () => 'duplicate')])
  expect(await correctStock(db, { ...correction, quantityMilli: 6_000 })).toMatchObject({ outcome: 'conflict' })
  expect(await correctStock(db, { ...correction, key: 'b', itemId: 'NONE' })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('NONE'),
  })
  expect(await correctStock(db, { ...correction, key: 'b', storeId: 'S9' })).toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining('S9'),
  })
  expect(await onHand(db)).toBe(5_000)
  await rebuildProjection(db, stockProjection)
  expect(await onHand(db)).toBe(5_000)
  write(device, { documentId: 'c1', businessDay: day(10), lines: [units(1, 'MILK', 10)] })
  await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(15_000)
  write(device, { documentId: 'c2', businessDay: day(11), lines: [units(1, 'MILK', 10)] })
  await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(10_000)
  expect(await faults(db)).toEqual([])
})

it('[HUB8] [STK2] a database from before: its movements get their kind and place, and a count contains them as if they were new', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 3)
  const device = await insertModelDevice(db)
  await addItem(db, 'MILK')
  sell(device, 1, 3)
  sell(device, 2, -1, { kind: 'return' })
  sell(device, 3, -3, { kind: 'post-void' })
  await send(db, device)
  for (const [number, milli] of [
    [1, -3_000],
    [2, 1_000],
    [3, 3_000],
  ])
    await sql`insert into stock_movement values ('S1', ${`S1|1|2026-01-31|${number}`}, 1, 'MILK', ${milli}, '2026-01-31')`.execute(db)
  await sql`insert into stock_balance values ('S1', 'MILK', 1000)`.execute(db)
  await sql`insert into projection_position values ('stock', ${device.deviceId}, ${device.incarnation}, 3)`.execute(db)
  await migrate(db)
  const live = await snapshot(db)
  expect(live.movements).toMatchObject([
    { kind: 'sale', seq: 1 },
    { kind: 'return', seq: 2 },
    { kind: 'post-void', seq: 3 },
  ])
  expect(await faults(db)).toEqual([])
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
  write(device, { documentId: 'c1', lines: [units(1, 'MILK', 10)] })
  await send(db, device)
  await drain(db)
  expect(await onHand(db)).toBe(10_000)
})
