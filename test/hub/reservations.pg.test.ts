/** Reservations on a real PostgreSQL: many at once for too little, killed ones, ends by time and by receipt, and any course against a model. */
import { endReservations } from '#hub/availability/reservation-expiry.ts'
import { readReservation, reserve, type ReservationAsk, takeStep } from '#hub/availability/reservations.ts'
import type { Database } from '#hub/storage/database.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, it, vi } from 'vitest'
import { withDatabase } from './database.ts'
import { withHubs } from './running-hub.ts'

const server = withDatabase()
const startHub = withHubs()

const stocked = async (db: Database, stock: Record<string, number>): Promise<void> => {
  for (const [key, quantity_milli] of Object.entries(stock)) {
    const [store_id = '', item_id = ''] = key.split(' ')
    await db
      .insertInto('store')
      .values({ store_id, name: store_id, currency: 'EUR', time_zone: 'Europe/Berlin' })
      .onConflict((c) => c.doNothing())
      .execute()
    await db.insertInto('stock_balance').values({ store_id, item_id, quantity_milli }).execute()
  }
}

const ask = (reservationId: string, change: Partial<ReservationAsk> = {}): ReservationAsk => ({
  ...{ reservationId, kind: 'hard', channel: 'web', fill: 'all', expiresInSeconds: 900 },
  lines: [{ itemId: 'A', quantityMilli: 1_000, storeIds: ['S1'] }],
  ...change,
})

/** Time passes for one reservation. */
const letExpire = (db: Database, reservationId: string) =>
  sql`update reservation set expires_at = now() - interval '1 second' where reservation_id = ${reservationId}`.execute(db)

const outcomes = (answers: { outcome: string }[], outcome: string): number => answers.filter((a) => a.outcome === outcome).length

it('[AVL6] forty orders in the same instant, from two hubs, for the last unit: exactly one gets it', async () => {
  const test = await server.fresh()
  await stocked(test.db, { 'S1 A': 1_000 })
  await reserve(test.db, ask('before'))
  await takeStep(test.db, 'before', { step: 'release' })
  const pools = [test.db, test.anotherPool()] as const
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => reserve(pools[n % 2 === 0 ? 0 : 1], ask(`R${n}`))))
  expect([outcomes(answers, 'reserved'), outcomes(answers, 'not-enough')]).toEqual([1, 39])
})

it('[AVL6] orders over the same items and stores in opposite orders neither wait in a circle nor take more than there is', async () => {
  const test = await server.fresh()
  await stocked(test.db, { 'S1 A': 15_000, 'S2 A': 10_000, 'S1 B': 9_000, 'S2 B': 8_000 })
  const pools = [test.db, test.anotherPool()] as const
  const line = (itemId: string, storeIds: string[]) => ({ itemId, quantityMilli: 2_000, storeIds })
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => {
      const lines = [line('A', ['S1', 'S2']), line('B', ['S2', 'S1'])]
      return reserve(pools[n % 2 === 0 ? 0 : 1], ask(`R${n}`, { lines: n % 3 === 0 ? lines : lines.toReversed() }))
    }),
  )
  expect(outcomes(answers, 'reserved')).toBe(8)
  const { rows } = await sql<{ key: string; held: number }>`
    select store_id || ' ' || item_id as key, sum(quantity_milli)::bigint as held from reservation_line group by 1 order by 1`.execute(
    test.db,
  )
  for (const { key, held } of rows)
    expect(held).toBeLessThanOrEqual({ 'S1 A': 15_000, 'S2 A': 10_000, 'S1 B': 9_000, 'S2 B': 8_000 }[key] ?? 0)
  expect(rows.reduce((sum, { held }) => sum + held, 0)).toBe(8 * 4_000)
})

it('[AVL6] clients that are killed while they hold the lock leave nothing reserved, and nobody stuck', async () => {
  const test = await server.fresh()
  await stocked(test.db, { 'S1 A': 5_000 })
  const holder = new pg.Client({ connectionString: test.url })
  holder.on('error', () => undefined)
  await holder.connect()
  await holder.query('begin')
  await holder.query(`insert into reservation (reservation_id, kind, state, channel, content) values ('dead', 'hard', 'active', 'web', '')`)
  await holder.query(`insert into availability_key values ('S1', 'A')`)
  await holder.query(`insert into reservation_line values ('dead', 1, 'S1', 'A', 5000)`)
  const waiting = Promise.allSettled(Array.from({ length: 7 }, (_, n) => reserve(test.db, ask(`R${n}`))))
  const other = test.anotherPool()
  const waiters = async () =>
    (
      await sql<{ pid: number }>`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        other,
      )
    ).rows
  await vi.waitFor(async () => expect(await waiters()).toHaveLength(7), 10_000)
  const [victim, second] = await waiters()
  await sql`select pg_terminate_backend(${victim?.pid}::int), pg_terminate_backend(${second?.pid}::int)`.execute(other)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`.execute(
    other,
  )
  const settled = await waiting
  expect(settled.filter((s) => s.status === 'rejected')).toHaveLength(2)
  expect(settled.filter((s) => s.status === 'fulfilled' && s.value.outcome === 'reserved')).toHaveLength(5)
  expect(await reserve(test.db, ask('late'))).toMatchObject({ outcome: 'not-enough' })
})

it('[AVL5] the same id and content get the same answer, also at once; other content is refused; what was refused may ask again', async () => {
  const { db } = await server.fresh()
  await stocked(db, { 'S1 A': 1_000 })
  const answers = await Promise.all(Array.from({ length: 6 }, () => reserve(db, ask('R'))))
  expect(answers.filter((a) => a.outcome === 'reserved' && a.isNew)).toHaveLength(1)
  expect(outcomes(answers, 'reserved')).toBe(6)
  expect(await reserve(db, ask('R', { channel: 'shop' }))).toEqual({ outcome: 'other-content' })
  expect(await reserve(db, ask('Q'))).toEqual({ outcome: 'not-enough', short: [{ lineNumber: 1, itemId: 'A', missingMilli: 1_000 }] })
  expect(await takeStep(db, 'R', { step: 'release' })).toMatchObject({ outcome: 'done', reservation: { state: 'released' } })
  expect(await reserve(db, ask('Q'))).toMatchObject({ outcome: 'reserved', isNew: true })
})

it('[AVL5] an expired cart holds nothing back, with no worker at work, and cannot be confirmed; tidying up changes no answer', async () => {
  const { db } = await server.fresh()
  await stocked(db, { 'S1 A': 1_000 })
  await reserve(db, ask('cart', { kind: 'soft' }))
  expect(await reserve(db, ask('order'))).toMatchObject({ outcome: 'not-enough' })
  await letExpire(db, 'cart')
  expect(await readReservation(db, 'cart')).toMatchObject({ state: 'expired' })
  expect(await reserve(db, ask('order'))).toMatchObject({ outcome: 'reserved' })
  // Its clock was read before: it must not come back by a confirmation whose own clock is a moment behind
  await sql`update reservation set expires_at = now() + interval '1 hour' where reservation_id = 'cart'`.execute(db)
  expect(await takeStep(db, 'cart', { step: 'confirm' })).toEqual({ outcome: 'ended', state: 'expired' })
  await reserve(db, ask('more', { kind: 'soft', lines: [{ itemId: 'A', quantityMilli: 1, storeIds: ['S1'] }] }))
  expect(await endReservations(db)).toBe(0)
})

it('[AVL7] consumed with a receipt, the goods stay held until that receipt has lowered the stock: never offered between the two, never held twice', async () => {
  const { db } = await server.fresh()
  await stocked(db, { 'S1 A': 2_000 })
  await reserve(db, ask('R', { kind: 'soft' }))
  await takeStep(db, 'R', { step: 'confirm' })
  const receipt = 'S1|W1|2026-01-31|7'
  expect(await takeStep(db, 'R', { step: 'consume', receipt })).toMatchObject({
    outcome: 'done',
    reservation: { state: 'active', receipt },
  })
  const two = { lines: [{ itemId: 'A', quantityMilli: 2_000, storeIds: ['S1'] }] }
  expect(await reserve(db, ask('two', two))).toMatchObject({ outcome: 'not-enough', short: [{ missingMilli: 1_000 }] })
  const movement = {
    store_id: 'S1',
    natural_key: receipt,
    line_number: 1,
    item_id: 'A',
    quantity_milli: -1_000,
    business_day: '2026-01-31',
  }
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('stock_movement').values(movement).execute()
    await trx.updateTable('stock_balance').set({ quantity_milli: 1_000 }).execute()
  })
  expect(await readReservation(db, 'R')).toMatchObject({ state: 'consumed' })
  expect(await reserve(db, ask('last'))).toMatchObject({ outcome: 'reserved' })
  expect(await endReservations(db)).toBe(1)
  expect(await takeStep(db, 'R', { step: 'release' })).toEqual({ outcome: 'ended', state: 'consumed' })
})

type Held = { held: Record<string, number>; state: string; kind: string }
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      id: fc.integer({ min: 0, max: 7 }),
      kind: fc.constantFrom('soft' as const, 'hard' as const),
      fill: fc.constantFrom('all' as const, 'possible' as const),
      milli: fc.integer({ min: 1, max: 4_000 }),
      stores: fc.shuffledSubarray(['S1', 'S2'], { minLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('confirm' as const, 'release' as const, 'consume' as const, 'expire' as const),
      id: fc.integer({ min: 0, max: 7 }),
    }),
  },
)

it('[AVL5] any course of reserving, confirming, releasing, consuming and expiring holds back what the model says, and never more than there is', async () => {
  const { db } = await server.fresh()
  await stocked(db, { 'S1 A': 6_000, 'S2 A': 3_000 })
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      await sql`truncate reservation, reservation_line, availability_key`.execute(db)
      const model = new Map<string, Held>()
      const free = (s: string) =>
        ({ S1: 6_000, S2: 3_000 })[s as 'S1'] -
        [...model.values()].reduce((sum, r) => sum + (r.state === 'active' ? (r.held[s] ?? 0) : 0), 0)
      for (const step of commands) {
        const id = `R${step.id}`
        const known = model.get(id)
        if (step.do === 'reserve') {
          if (known) continue
          let missing = step.milli
          const held: Record<string, number> = {}
          for (const s of step.stores) {
            const taken = Math.min(missing, free(s))
            if (taken > 0) held[s] = taken
            missing -= taken
          }
          const isGiven = missing === 0 || (step.fill === 'possible' && missing < step.milli)
          const lines = [{ itemId: 'A', quantityMilli: step.milli, storeIds: step.stores }]
          const answer = await reserve(db, ask(id, { kind: step.kind, fill: step.fill, lines }))
          expect(answer.outcome).toBe(isGiven ? 'reserved' : 'not-enough')
          if (answer.outcome !== 'reserved') continue
          expect(Object.fromEntries(answer.reservation.lines.map((l) => [l.storeId, l.quantityMilli]))).toEqual(held)
          model.set(id, { held, state: 'active', kind: step.kind })
        } else if (step.do === 'expire') {
          if (known?.state !== 'active' || known.kind !== 'soft') continue
          await letExpire(db, id)
          known.state = 'expired'
        } else {
          const answer = await takeStep(db, id, { step: step.do })
          const end = { confirm: 'active', release: 'released', consume: 'consumed' }[step.do]
          const isFine = known !== undefined && (known.state === 'active' || known.state === end)
          expect(answer.outcome).toBe(isFine ? 'done' : known ? 'ended' : 'unknown')
          if (!isFine) continue
          known.state = end
          if (step.do === 'confirm') known.kind = 'hard'
        }
      }
      for (const [id, { state }] of model) expect(await readReservation(db, id)).toMatchObject({ state })
    }),
    { numRuns: 40 },
  )
})

it('[AVL5] reservations over HTTP', async () => {
  const { db, url } = await server.fresh()
  await stocked(db, { 'S1 A': 1_000 })
  const hub = await startHub({ DATABASE_URL: url })
  const body = { reservationId: 'web-1', kind: 'soft', channel: 'web', lines: [{ itemId: 'A', quantityMilli: 1_000, storeIds: ['S1'] }] }
  expect(await hub.post('/v1/reservations', body)).toMatchObject({ status: 201, body: { state: 'active', kind: 'soft' } })
  expect(await hub.post('/v1/reservations', body)).toMatchObject({ status: 200, body: { state: 'active' } })
  expect(await hub.post('/v1/reservations', { ...body, kind: 'hard' })).toMatchObject({ status: 409, body: { code: 'INVALID' } })
  expect(await hub.post('/v1/reservations', { ...body, reservationId: 'web-2' })).toMatchObject({
    status: 409,
    body: { outcome: 'not-enough' },
  })
  expect(await hub.post('/v1/reservations/web-1/confirm')).toMatchObject({ status: 200, body: { kind: 'hard', expiresAt: null } })
  expect(await hub.post('/v1/reservations/web-1/release')).toMatchObject({ status: 200, body: { state: 'released' } })
  expect(await hub.post('/v1/reservations/web-1/consume', {})).toMatchObject({ status: 409 })
  expect(await hub.post('/v1/reservations/none/release')).toMatchObject({ status: 404 })
  expect(await hub.get('/v1/reservations/web-1')).toMatchObject({ status: 200, body: { state: 'released' } })
  const lines = [{ itemId: 'A', quantityMilli: 1, storeIds: ['S9'] }]
  expect(await hub.post('/v1/reservations', { ...body, reservationId: 'web-3', lines })).toMatchObject({ status: 422 })
})
