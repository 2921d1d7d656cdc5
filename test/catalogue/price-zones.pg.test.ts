/** Prices of zones and stores, from the statement to what stores hold, on a real PostgreSQL. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { readPriceInForce } from '#hub/catalogue/price-answer.ts'
import { decideHeld } from '#hub/catalogue/held-decision.ts'
import { setPrice } from '#hub/catalogue/prices.ts'
import { correctPrice, type PriceStatement, statePrice, withdrawPrice } from '#hub/catalogue/state-price.ts'
import { compactPrices } from '#hub/catalogue/superseded.ts'
import { moveStores, putZone } from '#hub/catalogue/zones.ts'
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import type { Database } from '#hub/storage/database.ts'
import { priceSchema } from '#sync/contract/catalogue.ts'
import { itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { toInstant } from '#sync/core/instant.ts'
import { withDatabase } from '../hub/database.ts'
import { createStoreReader, erpItem, openStore, priceAt, pullItems } from './catalogue-world.ts'

const server = withDatabase()
const minute = 60_000
const author = { by: 'Ada', why: 'summer' }

const statement = (more: Partial<PriceStatement> & { priceId: string }, fromMs: number, toMs?: number): PriceStatement => ({
  ...{ level: 'zone', place: 'north', itemId: 'A', amountMinor: 80, currency: 'EUR', effectiveFrom: toInstant(fromMs) },
  ...(toMs === undefined ? {} : { effectiveTo: toInstant(toMs) }),
  ...more,
})

const openWorld = async (storeIds: readonly string[]) => {
  const { db } = await server.fresh()
  for (const storeId of storeIds) await openStore(db, storeId)
  await pullItems(db, [erpItem('A', 100), erpItem('B', 200)], true)
  for (const zoneId of ['north', 'south']) await putZone(db, { zoneId, name: zoneId, currency: 'EUR' })
  const readers = storeIds.map((storeId) => ({ storeId, ...createStoreReader(db, 'prices', storeId) }))
  const heads = async () => {
    const rows = await db.selectFrom('feed_head').selectAll().where('feed', '=', 'prices').orderBy('scope').execute()
    return rows.map((row) => row.checkpoint)
  }
  return { db, readers, heads }
}

it('[PRC8] a zone’s price reaches the stores of the zone at once, beats the chain’s, and gives way to a store’s own', async () => {
  const { db, readers } = await openWorld(['S1', 'S2', 'S3'])
  const now = Date.now()
  const at = (n: number) => now + n * minute
  await moveStores(db, { storeIds: ['S1', 'S2'], zoneId: 'north', ...author })
  expect(await statePrice(db, statement({ priceId: 'z' }, at(10), at(30)), author)).toEqual({ outcome: 'created', stores: 2 })
  expect(await statePrice(db, statement({ priceId: 'z' }, at(10), at(30)), author)).toEqual({ outcome: 'known' })
  expect(await statePrice(db, statement({ priceId: 'z', amountMinor: 81 }, at(10), at(30)), author)).toEqual({ outcome: 'conflict' })
  expect(await statePrice(db, statement({ priceId: 'z2', amountMinor: 81 }, at(10)), author)).toMatchObject({
    ...{ outcome: 'refused', message: expect.stringContaining('two prices in force at once') },
  })
  expect(await statePrice(db, statement({ priceId: 's', level: 'store', place: 'S2', amountMinor: 70 }, at(20), at(40)), author)).toEqual({
    ...{ outcome: 'created', stores: 1 },
  })
  await pullItems(db, [erpItem('A', 110)])
  for (const reader of readers) await reader.sync()
  const timeline = (n: number) => [5, 15, 25, 35, 45].map((m) => priceAt(readers[n] ?? { held: new Map() }, 'A', at(m)))
  expect([timeline(0), timeline(1), timeline(2)]).toEqual([
    [110, 80, 80, 110, 110],
    [110, 80, 70, 70, 110],
    [110, 110, 110, 110, 110],
  ])
  expect(readers[1]?.held.get('s')).toMatchObject({ priceId: 's', effectiveFrom: toInstant(at(20)), effectiveTo: toInstant(at(40)) })
  const answer = await readPriceInForce(db, 'S2', 'A', toInstant(at(25)))
  expect(answer).toMatchObject({ price: { priceId: 's', level: 'store', amountMinor: 70 } })
  expect(answer?.words).toMatch(
    /^The store’s own price: A costs 0\.70 EUR at store S2, since .* UTC until .* UTC; stated by Ada: summer\.$/,
  )
})

it('[PRC9] a future price is corrected and withdrawn before it began and after; each version is kept with who and why', async () => {
  const { db, readers } = await openWorld(['S1'])
  const [reader] = readers
  if (!reader) throw new Error('no reader')
  const now = Date.now()
  const at = (n: number) => now + n * minute
  await moveStores(db, { storeIds: ['S1'], zoneId: 'north', ...author })
  await statePrice(db, statement({ priceId: 'future' }, at(10)), author)
  await statePrice(db, statement({ priceId: 'begun', itemId: 'B', amountMinor: 150 }, at(-10)), author)
  await reader.sync()
  expect([priceAt(reader, 'A', at(12)), priceAt(reader, 'B', at(1))]).toEqual([80, 150])
  const fix = { by: 'Bo', why: 'a typing error' }
  expect(await correctPrice(db, 'future', { amountMinor: 85, effectiveFrom: toInstant(at(20)) }, fix)).toMatchObject({
    version: 2,
    stores: 1,
  })
  expect(await correctPrice(db, 'future', { amountMinor: 85 }, fix)).toEqual({ outcome: 'unchanged', version: 2 })
  expect(await correctPrice(db, 'begun', { amountMinor: 155, effectiveFrom: toInstant(at(1)) }, fix)).toMatchObject({ outcome: 'refused' })
  const before = Date.now()
  await sql`select pg_sleep(0.005)`.execute(db)
  expect(await correctPrice(db, 'begun', { amountMinor: 155 }, fix)).toMatchObject({ outcome: 'corrected', version: 2 })
  await reader.sync()
  expect([12, 22].map((m) => priceAt(reader, 'A', at(m)))).toEqual([100, 85])
  expect(priceAt(reader, 'B', at(1))).toBe(155)
  // What a till went by before the correction is not rewritten.
  expect((await readPriceInForce(db, 'S1', 'B', toInstant(before)))?.price).toMatchObject({ version: 1, amountMinor: 150 })
  expect((await readPriceInForce(db, 'S1', 'B', toInstant(at(1))))?.price).toMatchObject({ version: 2, amountMinor: 155 })
  for (const priceId of ['future', 'begun']) {
    expect(await withdrawPrice(db, priceId, fix)).toMatchObject({ outcome: 'withdrawn', stores: 1 })
    expect(await withdrawPrice(db, priceId, fix)).toEqual({ outcome: 'unchanged' })
  }
  expect(await correctPrice(db, 'future', { amountMinor: 1 }, fix)).toMatchObject({ outcome: 'refused' })
  await reader.sync()
  expect([priceAt(reader, 'A', at(22)), priceAt(reader, 'B', at(1))]).toEqual([100, 200])
  // A store's feed filled again brings none of it back.
  await db.transaction().execute((trx) => publishCatalogueToStore(trx, 'S1'))
  expect(await reader.sync()).toBe(0)
  const history = await db.selectFrom('stated_price').selectAll().where('price_id', '=', 'future').orderBy('version').execute()
  expect(history.map((row) => [row.version, row.amount_minor, row.stated_by, row.ended_as, row.ended_by])).toEqual([
    [1, 80, 'Ada', 'corrected', 'Bo'],
    [2, 85, 'Bo', 'withdrawn', 'Bo'],
  ])
})

it('[PRC10] a store that joins a zone has its prices at once, one that leaves or will leave has the chain’s, and nobody else is told', async () => {
  const { db, readers, heads } = await openWorld(['S1', 'S2'])
  const [reader] = readers
  if (!reader) throw new Error('no reader')
  const now = Date.now()
  const at = (n: number) => now + n * minute
  await statePrice(db, statement({ priceId: 'north-a' }, at(-60)), author)
  await statePrice(db, statement({ priceId: 'south-a', place: 'south', amountMinor: 60 }, at(-60)), author)
  const join = (zoneId: string | null, from?: number) =>
    moveStores(db, { storeIds: ['S1'], zoneId, ...author, ...(from === undefined ? {} : { from: new Date(from) }) })
  const before = await heads()
  expect(await join('north')).toMatchObject({ outcome: 'moved', stores: 1 })
  expect((await heads())[1]).toBe(before[1])
  await reader.sync()
  expect(priceAt(reader, 'A', at(1))).toBe(80)
  expect(await join('south', at(10))).toMatchObject({ outcome: 'moved' })
  expect(await join('south', at(10))).toEqual({ outcome: 'unchanged' })
  await reader.sync()
  expect([5, 15].map((m) => priceAt(reader, 'A', at(m)))).toEqual([80, 60])
  expect(await join(null)).toMatchObject({ outcome: 'moved' })
  await reader.sync()
  expect([1, 15].map((m) => priceAt(reader, 'A', at(m)))).toEqual([100, 100])
  expect(await join('north', at(-5))).toMatchObject({ outcome: 'refused', message: expect.stringContaining('not rewritten') })
  expect(await join('west')).toMatchObject({ outcome: 'refused', code: 'NOT_FOUND' })
  await openStore(db, 'N1', 'SEK')
  expect(await moveStores(db, { storeIds: ['N1'], zoneId: 'north', ...author })).toMatchObject({
    outcome: 'refused',
    code: 'WRONG_CURRENCY',
  })
  const members = await db.selectFrom('price_zone_member').selectAll().orderBy('member_id').execute()
  expect(members.map((row) => [row.zone_id, row.leaves_at !== null, row.voided_at !== null])).toEqual([
    ['north', true, false],
    ['south', false, true],
  ])
})

type Step =
  | { kind: 'state'; level: 'zone' | 'store'; n: number; amount: number; from: number; lasts: number | null }
  | { kind: 'correct' | 'withdraw'; which: number; amount: number }
  | { kind: 'move'; n: number; zone: string | null; after: number }
  | { kind: 'erp'; amount: number }
  | { kind: 'compact' }

const amount = fc.integer({ min: 50, max: 99 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant('state' as const), level: fc.constantFrom('zone' as const, 'store' as const), n: fc.nat(1), amount },
    ...{ from: fc.integer({ min: -5, max: 20 }), lasts: fc.option(fc.integer({ min: 1, max: 20 })) },
  }),
  fc.record({ kind: fc.constantFrom('correct' as const, 'withdraw' as const), which: fc.nat(9), amount }),
  fc.record({ kind: fc.constant('move' as const), n: fc.nat(1), zone: fc.option(fc.constantFrom('north', 'south')), after: fc.nat(10) }),
  fc.record({ kind: fc.constant('erp' as const), amount }),
  fc.constant({ kind: 'compact' as const }),
)

const take = async (db: Database, one: Step, id: string, ids: string[]): Promise<void> => {
  const at = (n: number) => Date.now() + n * minute
  if (one.kind === 'erp') return void (await pullItems(db, [erpItem('A', one.amount)]))
  if (one.kind === 'compact') return void (await compactPrices(db, 'S1', new Date()))
  if (one.kind === 'move')
    return void (await moveStores(db, { storeIds: [`S${one.n + 1}`], zoneId: one.zone, from: new Date(at(one.after + 1)), ...author }))
  if (one.kind === 'state') {
    const place = one.level === 'store' ? `S${one.n + 1}` : ['north', 'south'][one.n]
    const toMs = one.lasts === null ? undefined : at(one.from + one.lasts)
    await statePrice(
      db,
      statement({ priceId: id, level: one.level, place: place ?? '', amountMinor: one.amount }, at(one.from), toMs),
      author,
    )
    return void ids.push(id)
  }
  const priceId = ids[one.which % Math.max(1, ids.length)] ?? 'none'
  if (one.kind === 'correct') await correctPrice(db, priceId, { amountMinor: one.amount }, author)
  else await withdrawPrice(db, priceId, author)
}

it('[PRC8] what was to bring the chain’s price back later gives way to the chain’s next one', async () => {
  const { db, readers } = await openWorld(['S1'])
  const [reader] = readers
  if (!reader) throw new Error('no reader')
  const now = Date.now()
  const at = (n: number) => now + n * minute
  await moveStores(db, { storeIds: ['S1'], zoneId: 'north', ...author })
  await statePrice(db, statement({ priceId: 'promotion' }, at(2), at(10)), author)
  await moveStores(db, { storeIds: ['S1'], zoneId: 'south', from: new Date(at(6)), ...author })
  await withdrawPrice(db, 'promotion', author)
  await pullItems(db, [erpItem('A', 81)])
  await reader.sync()
  expect([1, 4, 8, 12].map((m) => priceAt(reader, 'A', at(m)))).toEqual([81, 81, 81, 81])
})

it('[PRC8] whatever is stated, corrected, withdrawn and moved, stores hold what the hub answers, at every moment to come', async () => {
  const { db, readers } = await openWorld(['S1', 'S2'])
  const ids: string[] = []
  let run = 0
  const play = async (steps: readonly Step[]): Promise<void> => {
    run += 1
    for (const [n, one] of steps.entries()) await take(db, one, `r${run}-${n}`, ids)
    for (const reader of readers) {
      await reader.sync()
      const now = Date.now()
      for (const m of [0, 1, 3, 6, 9, 14, 22, 45]) {
        const atMs = now + m * minute + 10
        const answer = await readPriceInForce(db, reader.storeId, 'A', toInstant(atMs))
        expect(priceAt(reader, 'A', atMs), `${reader.storeId} in ${m} min`).toBe(answer?.price?.amountMinor)
      }
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), play), { numRuns: 25, endOnFailure: true })
})

it('[PRC11] a stated price that can hardly be meant waits: a person confirms or refuses it, or it is put right', async () => {
  const { db, readers } = await openWorld(['S1'])
  const [reader] = readers
  if (!reader) throw new Error('no reader')
  const now = Date.now()
  const openExceptions = async () =>
    (await db.selectFrom('exception').select(['kind', 'message']).where('state', '=', 'open').execute()).map((row) => row.kind)
  await moveStores(db, { storeIds: ['S1'], zoneId: 'north', ...author })
  const high = statement({ priceId: 'high', amountMinor: 100_000 }, now)
  const held = await statePrice(db, high, author)
  expect(held).toMatchObject({
    ...{
      outcome: 'held',
      message:
        'The price high of A for zone north goes from 1.00 EUR to 1000.00 EUR, 1000 times higher. It waits until somebody confirms it; the stores keep what they had.',
    },
  })
  expect(await statePrice(db, high, author)).toEqual(held)
  expect(await statePrice(db, statement({ priceId: 'free', itemId: 'B', amountMinor: 0 }, now), author)).toMatchObject({ outcome: 'held' })
  expect(await statePrice(db, high, author, { jumpFactor: 10_000 })).toMatchObject({ outcome: 'created' })
  expect((await openExceptions()).toSorted()).toEqual(['PRICE_NOT_POSITIVE'])
  const wrong = await correctPrice(db, 'high', { amountMinor: 5 }, author)
  if (wrong.outcome !== 'held') throw new Error('not held')
  await reader.sync()
  expect([priceAt(reader, 'A', now + minute), priceAt(reader, 'B', now + minute)]).toEqual([100_000, 200])
  expect(await decideHeld(db, wrong.heldId, true, author)).toEqual({ outcome: 'accepted' })
  expect(await decideHeld(db, wrong.heldId, true, author)).toEqual({ outcome: 'accepted' })
  expect(await correctPrice(db, 'high', { amountMinor: 90 }, author)).toMatchObject({ outcome: 'corrected', version: 3 })
  await reader.sync()
  expect(priceAt(reader, 'A', now + minute)).toBe(90)
  const free = await db.selectFrom('held_price').select('held_id').where('state', '=', 'open').executeTakeFirstOrThrow()
  expect(await decideHeld(db, free.held_id, false, author)).toEqual({ outcome: 'rejected' })
  expect(await openExceptions()).toEqual([])
})

it('[PRC8] a zone’s price costs as many statements for eighty stores as for one, and a store’s no more than nine', async () => {
  const { db } = await openWorld(Array.from({ length: 80 }, (_, n) => `S${100 + n}`))
  const all = Array.from({ length: 80 }, (_, n) => `S${100 + n}`)
  const counting = async (work: (db: Database) => Promise<unknown>): Promise<number> => {
    let count = 0
    const counted = db.withPlugin({
      transformQuery: ({ node }) => {
        count += 1
        return node
      },
      transformResult: async ({ result }) => result,
    })
    await work(counted)
    return count
  }
  await moveStores(db, { storeIds: all.slice(0, 1), zoneId: 'north', ...author })
  const now = Date.now()
  const one = await counting((counted) => statePrice(counted, statement({ priceId: 'one' }, now + minute), author))
  await moveStores(db, { storeIds: all, zoneId: 'north', ...author })
  const many = await counting((counted) => statePrice(counted, statement({ priceId: 'many', amountMinor: 75 }, now + 2 * minute), author))
  expect(many).toBe(one)
  const price = priceSchema.parse({
    ...{ priceId: 'own', itemId: itemIdSchema.parse('B'), storeId: storeIdSchema.parse('S100'), amountMinor: 70, currency: 'EUR' },
    effectiveFrom: toInstant(now + minute),
  })
  expect(await counting((counted) => setPrice(counted, price))).toBeLessThanOrEqual(9)
})
