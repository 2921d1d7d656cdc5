/** The rule of returns at a real PostgreSQL: refunded in stock once, whatever the order of arrival and however many workers read. */
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { mergeWaitingLines } from '#hub/identity/waiting-lines.ts'
import { advanceStream, drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { checkBalances } from '#hub/stock/balance.ts'
import { decideReturns, readHeld } from '#hub/stock/return-decisions.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { migrate } from '#hub/storage/migrate.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, insertModelDevice, type ModelDevice, modelDevice, receipt } from './model-device.ts'
import { withHubs } from './running-hub.ts'
import { addItem, stockDocument } from './stocking.ts'

const server = withDatabase()
const startHub = withHubs()
const [milk] = receipt(1).lineItems
const today = '2026-01-31'

const line = (units: number, itemId = 'MILK') => ({ ...milk, itemId, quantityMilli: units * 1_000, amountMinor: units * 119 })
const sell = (device: ModelDevice, number: number, units: number, change: Record<string, unknown> = {}) =>
  device.sell(number, { lineItems: [line(units)], ...change })
const of = (sequenceNumber: number, change: Record<string, unknown> = {}) => ({
  ...{ relation: 'return-of', storeId: 'S1', workstationId: '1', businessDay: today, sequenceNumber },
  ...change,
})
const giveBack = (device: ModelDevice, number: number, units: number, original: object, change: Record<string, unknown> = {}) =>
  device.sell(number, { kind: 'return', lineItems: [line(-units)], references: [original], ...change })
const send = async (db: Database, ...devices: ModelDevice[]): Promise<void> => {
  for (const device of devices) expect(await acceptBatch(db, device, device.journal)).toMatchObject({ outcome: 'acknowledged' })
}
const drain = (db: Database) => drainProjection(db, stockProjection)
const rowsOf = async (db: Database, query: string): Promise<object[]> => (await sql.raw<object>(query).execute(db)).rows
const snapshot = async (db: Database) => ({
  movements: await rowsOf(db, 'select * from stock_movement order by natural_key, line_number, item_id'),
  balances: await rowsOf(db, 'select * from stock_balance order by store_id, item_id'),
  claims: await rowsOf(db, 'select * from return_claim order by natural_key, line_number'),
  holds: await rowsOf(db, 'select * from return_hold order by natural_key, line_number'),
  open: await openExceptions(db),
})
const openExceptions = (db: Database) =>
  rowsOf(db, `select exception_id, store_id, message, amount_minor from exception where state = 'open' order by 1`)
const faults = async (db: Database) => (await Promise.all(['S1', 'S2'].map((storeId) => checkBalances(db, storeId)))).flat()
const inStock = async (db: Database): Promise<number> =>
  Number((await sql<{ milli: number }>`select coalesce(sum(quantity_milli), 0) as milli from stock_balance`.execute(db)).rows[0]?.milli)

it('[MRG2] [MRG3] [MRG4] refunded by two stores in the same second: in stock once, one exception, whichever worker comes first', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool(), anotherPool()]
  const [a, b] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  const rounds = 12
  for (let number = 1; number <= rounds; number++) sell(a, number, 2)
  await send(db, a)
  await drain(db)
  for (let number = 1; number <= rounds; number++) {
    giveBack(a, 100 + number, 2, of(number))
    giveBack(b, 100 + number, 2, of(number))
    await send(db, a, b)
    await Promise.all([
      advanceStream(pools[number % 3] ?? db, stockProjection, a),
      advanceStream(pools[(number + 1) % 3] ?? db, stockProjection, b),
    ])
  }
  await drain(db)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toHaveLength(rounds)
  expect((await openExceptions(db))[0]).toEqual({
    exception_id: 'RETURN_EXCEEDS_SALE:S1:S1|1|2026-01-31|1',
    store_id: 'S2',
    message:
      'Of the sale S1|1|2026-01-31|1 4 of MILK came back and 2 had been sold: returned by S1|1|2026-01-31|101, S2|1|2026-01-31|101. The money counts as the tills gave it back, 2 are held out of the stock.',
    amount_minor: 238,
  })
  expect(
    await rowsOf(db, `select store_id, sum(quantity_milli)::int as milli from stock_movement where kind = 'return-held' group by 1`),
  ).toEqual([{ store_id: 'S2', milli: -2_000 * rounds }])
  expect(await faults(db)).toEqual([])
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
})

it('[MRG2] [MRG4] a sale that arrives after its returns ends one exception, and the excess is held then', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  giveBack(b, 1, 1, of(7))
  giveBack(b, 2, 1, of(7))
  await send(db, b)
  await drain(db)
  expect(await inStock(db)).toBe(2_000)
  expect(await openExceptions(db)).toEqual([
    {
      exception_id: 'RETURN_WITHOUT_SALE:S1:S1|1|2026-01-31|7',
      store_id: 'S2',
      message:
        'Goods came back from the sale S1|1|2026-01-31|7, which the hub does not have (returned by S2|1|2026-01-31|1, S2|1|2026-01-31|2). Money and stock count.',
      amount_minor: 238,
    },
  ])
  sell(a, 7, 1)
  await send(db, a)
  await drain(db)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toMatchObject([{ exception_id: 'RETURN_EXCEEDS_SALE:S1:S1|1|2026-01-31|7', amount_minor: 119 }])
  // An earlier return arrives last: what is held moves on, and is still held once.
  giveBack(b, 9, 1, of(7), { businessDay: '2026-01-30' })
  await send(db, b)
  await drain(db)
  expect(await inStock(db)).toBe(0)
  expect(await rowsOf(db, 'select natural_key, held_milli from return_hold order by 1')).toEqual([
    { natural_key: 'S2|1|2026-01-31|1', held_milli: 1_000 },
    { natural_key: 'S2|1|2026-01-31|2', held_milli: 1_000 },
  ])
  expect(await faults(db)).toEqual([])
})

it('[MRG2] a return that is cancelled gives its place free; a sale that is cancelled and returned as well is taken back once', async () => {
  const { db } = await server.fresh()
  const a = await enrolModelDevice(db, 'S1')
  await addItem(db, 'MILK')
  const cancel = (number: number, units: number, voided: number) =>
    giveBack(a, number, units, { relation: 'voids', sequenceNumber: voided }, { kind: 'post-void' })
  sell(a, 1, 1)
  giveBack(a, 2, 1, of(1))
  giveBack(a, 3, 1, of(1))
  await send(db, a)
  await drain(db)
  expect(await openExceptions(db)).toHaveLength(1)
  cancel(4, -1, 2)
  await send(db, a)
  await drain(db)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toEqual([])
  cancel(5, 1, 1)
  await send(db, a)
  await drain(db)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toHaveLength(1)
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
  expect(await faults(db)).toEqual([])
})

it('[MRG5] a person accepts or rejects what is held: the exception ends, a rebuild keeps the word, and what comes back later asks anew', async () => {
  const { db, url } = await server.fresh()
  const hub = await startHub({ DATABASE_URL: url, TIDELINE_ROLES: 'console' })
  const [a, b] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  await addItem(db, 'MILK')
  for (const number of [1, 2]) sell(a, number, 1)
  for (const number of [1, 2]) giveBack(b, number, 3, of(number))
  await send(db, a, b)
  await drain(db)
  const decide = (number: number, decision: string) =>
    hub.post(`/v1/returns/${encodeURIComponent(`S1|1|${today}|${number}`)}/decide`, {
      storeId: 'S1',
      decision,
      by: 'Ann',
      why: 'seen on the shelf',
    })
  const item = { itemId: 'MILK', soldMilli: 1_000, returnedMilli: 3_000, heldMilli: 2_000 }
  expect((await hub.get('/v1/returns/held')).body).toEqual({
    held: [1, 2].map((number) => ({
      originalKey: `S1|1|${today}|${number}`,
      storeId: 'S1',
      items: [item],
      receipts: [`S2|1|${today}|${number}`],
    })),
    next: null,
  })
  expect(await decide(1, 'accept')).toEqual({ status: 200, body: { items: [item] } })
  expect(await decide(2, 'reject')).toEqual({ status: 200, body: { items: [item] } })
  expect(await decide(2, 'reject')).toMatchObject({ status: 404 })
  expect((await hub.get('/v1/returns/held')).body).toEqual({ held: [], next: null })
  expect(await inStock(db)).toBe(2_000)
  expect(await openExceptions(db)).toEqual([])
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
  giveBack(b, 3, 1, of(1))
  await send(db, b)
  await drain(db)
  expect(await inStock(db)).toBe(2_000)
  expect(await openExceptions(db)).toHaveLength(1)
  expect(await readHeld(db, { limit: 10 })).toMatchObject([{ items: [{ openMilli: 1_000 }] }, { items: [] }])
  expect(await faults(db)).toEqual([])
})

it('[MRG5] two persons who decide at once: one word counts', async () => {
  const { db, anotherPool } = await server.fresh()
  const a = await enrolModelDevice(db, 'S1')
  await addItem(db, 'MILK')
  sell(a, 1, 1)
  giveBack(a, 2, 2, of(1))
  await send(db, a)
  await drain(db)
  const original = { storeId: 'S1', naturalKey: `S1|1|${today}|1` }
  const answers = await Promise.all(
    [db, anotherPool()].map((pool) => decideReturns(pool, { original, decision: 'accept', by: 'Ann', why: 'there' })),
  )
  expect(answers.map((items) => items.length).sort()).toEqual([0, 1])
  expect(await inStock(db)).toBe(1_000)
})

it('[MRG2] [IDN7] lines that waited for their item are held to the rule when they move', async () => {
  const { db } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  sell(a, 1, 1)
  giveBack(a, 2, 1, of(1))
  giveBack(b, 2, 1, of(1))
  await send(db, a, b)
  await drain(db)
  await addItem(db, 'MILK')
  await mergeWaitingLines(db)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toMatchObject([{ exception_id: `RETURN_EXCEEDS_SALE:S1:S1|1|${today}|1` }])
  expect(await faults(db)).toEqual([])
  const live = await snapshot(db)
  await rebuildProjection(db, stockProjection)
  expect(await snapshot(db)).toEqual(live)
})

it('[MRG3] a return waits for the sale that another worker is adding, and then sees it', async () => {
  const { db, anotherPool } = await server.fresh()
  const [a, b] = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
  const other = anotherPool()
  await addItem(db, 'MILK')
  sell(a, 1, 1)
  giveBack(b, 1, 2, of(1))
  await send(db, a, b)
  const records = await db.selectFrom('record_log').selectAll().where('device_id', '=', a.deviceId).execute()
  const { returning } = await db.transaction().execute(async (trx) => {
    await stockProjection.apply(trx, records)
    const taken = advanceStream(other, stockProjection, b)
    await vi.waitFor(async () => {
      const { rows } = await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(db)
      expect(rows).toHaveLength(1)
    }, 5_000)
    return { returning: taken }
  })
  expect(await returning).toBe(1)
  expect(await inStock(db)).toBe(0)
  expect(await openExceptions(db)).toMatchObject([{ exception_id: `RETURN_EXCEEDS_SALE:S1:S1|1|${today}|1` }])
})

it('[HUB8] [MRG2] a database from before reads its returns anew; what the hub booked itself stays', async () => {
  const { db } = await server.unmigrated()
  await migrate(db, 7)
  const device = await insertModelDevice(db)
  await addItem(db, 'MILK')
  sell(device, 1, 1)
  giveBack(device, 2, 3, of(1))
  await send(db, device)
  for (const [number, milli] of [
    [1, -1_000],
    [2, 3_000],
  ])
    await sql`insert into stock_movement values ('S1', ${`S1|1|2026-01-31|${number}`}, 1, 'MILK', ${milli}, '2026-01-31', 'sale', ${device.deviceId},
      ${device.incarnation}, ${number})`.execute(db)
  await sql`insert into stock_movement values ('S1', 'S1|booked|x', 1, 'MILK', 5000, '2026-01-31', 'adjustment')`.execute(db)
  await sql`insert into stock_balance values ('S1', 'MILK', 7000)`.execute(db)
  await sql`insert into projection_position values ('stock', ${device.deviceId}, ${device.incarnation}, 2)`.execute(db)
  await migrate(db)
  await drain(db)
  expect(await inStock(db)).toBe(5_000)
  expect(await openExceptions(db)).toHaveLength(1)
  expect(await faults(db)).toEqual([])
})

const step = fc.record({
  what: fc.constantFrom('sell', 'sell', 'return', 'return', 'void', 'count', 'carry'),
  units: fc.integer({ min: 1, max: 3 }),
  original: fc.integer({ min: 0, max: 3 }),
  otherStore: fc.boolean(),
  day: fc.constantFrom('2026-01-30', today),
})

/** One till of a store, which may begin new lives. The first numbers are sales that may come late, or never. */
const play = (device: ModelDevice, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): ModelDevice[] => {
  const lives = [device]
  steps.forEach(({ what, units, original, otherStore, day }, index) => {
    const present = lives.at(-1) ?? device
    const storeId = otherStore === (device.storeId === 'S1') ? 'S2' : 'S1'
    const number = index + 10
    if (what === 'sell') sell(present, original, units)
    else if (what === 'return') giveBack(present, number, units, of(original, { storeId }), { businessDay: day })
    else if (what === 'void') {
      const voided = of(units === 3 ? number - 1 : original, { relation: 'voids', storeId: device.storeId })
      giveBack(present, number, units === 3 ? -1 : units, voided, { kind: 'post-void' })
    } else if (what === 'count') {
      const lines = [{ lineNumber: 1, itemId: 'MILK', quantityMilli: units * 1_000, unit: 'each' as const }]
      present.append(
        JSON.stringify(stockDocument({ storeId: device.storeId, documentId: `c${index}`, businessDay: day, lines })),
        'stock-document',
      )
    } else {
      const renewed = modelDevice({ ...device, incarnation: `${'abcdefghij'[lives.length % 10]}`.repeat(12) })
      for (const record of present.journal.slice(0, units)) renewed.append(record.payload, record.kind, record.capturedAt)
      lives.push(renewed)
    }
  })
  return lives
}

it('[MRG2] [MRG3] [MRG4] [HUB2] any interleaving of streams and workers comes to the same stock and the same exceptions, and so does a rebuild', async () => {
  const { db, anotherPool } = await server.fresh()
  const pools = [db, anotherPool()]
  let held = 0
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(step, { minLength: 2, maxLength: 9 }), fc.array(step, { minLength: 2, maxLength: 9 })),
      fc.infiniteStream(fc.nat()),
      async (plays, chance) => {
        await sql`truncate store, device, device_stream, record_log, projection_position, projection_late, stock_movement, stock_balance, stock_place,
          stock_document, stock_base, waiting_line, item, exception, feed_head, feed_entry, return_claim, return_hold, return_decision cascade`.execute(
          db,
        )
        const devices = [await enrolModelDevice(db, 'S1'), await enrolModelDevice(db, 'S2')]
        await addItem(db, 'MILK')
        const unsent = devices.flatMap((device, index) => play(device, plays[index] ?? [])).map((life) => ({ life, sent: 0 }))
        const next = (bound: number): number => (chance.next().value as number) % bound
        while (unsent.some(({ life, sent }) => sent < life.journal.length)) {
          const one = unsent[next(unsent.length)]
          if (!one) break
          const upTo = Math.min(one.life.journal.length, one.sent + 1 + next(4))
          if (upTo > one.sent)
            expect(await acceptBatch(db, one.life, one.life.journal.slice(one.sent, upTo))).toMatchObject({ outcome: 'acknowledged' })
          one.sent = upTo
          await Promise.all(
            pools.map((pool) => (next(2) ? advanceStream(pool, stockProjection, unsent[next(unsent.length)]?.life ?? one.life) : 0)),
          )
        }
        await Promise.all(pools.map(drain))
        await drain(db)
        const live = await snapshot(db)
        held += live.holds.length
        expect(await faults(db)).toEqual([])
        await rebuildProjection(db, stockProjection)
        expect(await snapshot(db)).toEqual(live)
        // Of no sale is more in stock again than it sold.
        const beyond = await rowsOf(
          db,
          `select c.original_key from (select distinct original_store_id, original_key from return_claim) c
           join stock_movement s on s.store_id = original_store_id and s.natural_key = original_key and s.kind = 'sale'
           where -s.quantity_milli < (select sum(m.quantity_milli) from return_claim r join stock_movement m
             on m.store_id = r.store_id and m.natural_key = r.natural_key and m.kind in ('return', 'return-held')
             where r.relation = 'return-of' and r.original_key = c.original_key
               and not exists (select from return_claim v where v.original_key = r.natural_key))`,
        )
        expect(beyond).toEqual([])
      },
    ),
    { numRuns: 25 },
  )
  // Of two dozen random worlds some hold something back, or nothing was tested.
  expect(held).toBeGreaterThan(0)
}, 180_000)
