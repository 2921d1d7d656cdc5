/** The stores' own prices and crossing corrections at the hub: ruled on, decided, told, kept. */
import { setPrice } from '#hub/catalogue/prices.ts'
import { readFeed } from '#hub/catalogue/feed.ts'
import { ensureEpoch } from '#hub/epoch/epoch.ts'
import { acceptBatch } from '#hub/intake/accept-batch.ts'
import { drainProjection, rebuildProjection } from '#hub/merge/advance.ts'
import { overrideProjection } from '#hub/overrides/override-projection.ts'
import { settleOverrides } from '#hub/overrides/override-watch.ts'
import { readOverrides } from '#hub/overrides/read-overrides.ts'
import { resolveOverride } from '#hub/overrides/resolve.ts'
import { emptyTable, type OverrideRule } from '#hub/overrides/rule-table.ts'
import { readRules, setRules } from '#hub/overrides/rules.ts'
import { checkBalances } from '#hub/stock/balance.ts'
import { correctStock } from '#hub/stock/corrections.ts'
import { readLevels } from '#hub/stock/levels.ts'
import { stockProjection } from '#hub/stock/stock-projection.ts'
import type { Database } from '#hub/storage/database.ts'
import { priceSchema, type Price } from '#sync/contract/catalogue.ts'
import { priceInForce } from '#sync/core/price-in-force.ts'
import { toInstant } from '#sync/core/instant.ts'
import { expect, it } from 'vitest'
import { withDatabase } from './database.ts'
import { enrolModelDevice, type ModelDevice } from './model-device.ts'
import { addItem, stockDocument } from './stocking.ts'

const server = withDatabase()
const hour = 3_600_000
const nowMs = Date.now()
const at = (hours: number) => toInstant(nowMs + hours * hour)

const central = async (db: Database, priceId: string, amountMinor: number, from: number): Promise<void> => {
  const price = priceSchema.parse({ priceId, itemId: 'MILK', storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom: at(from) })
  expect((await setPrice(db, price)).outcome).toBe('created')
}
const rule = (winner: OverrideRule['winner'], field: OverrideRule['field'] = 'price'): OverrideRule => ({
  field,
  winner,
  owner: 'pricing',
  reason: 'as agreed',
})
const open = async () => {
  const { db } = await server.fresh()
  const device = await enrolModelDevice(db)
  const { epoch } = await ensureEpoch(db)
  await addItem(db, 'MILK')
  await central(db, 'regular', 119, -100)
  const override = async (overrideId: string, basedOn: number, change: Record<string, unknown> = {}): Promise<void> => {
    const basis = { feed: 'prices', checkpoint: basedOn, epoch: epoch.epoch, priceId: 'regular', amountMinor: 119 }
    const own = {
      overrideId,
      storeId: 'S1',
      itemId: 'MILK',
      amountMinor: 99,
      currency: 'EUR',
      effectiveFrom: at(-10),
      reason: 'near its date',
    }
    device.append(JSON.stringify({ ...own, ...change, basedOn: basis }), 'price-override')
    await merge(db, device)
  }
  const rules = (...all: OverrideRule[]) => setRules(db, { ...emptyTable, rules: all }, 'me', 'agreed')
  return { db, device, override, rules }
}
const merge = async (db: Database, device: ModelDevice): Promise<void> => {
  await acceptBatch(db, device, device.journal)
  await drainProjection(db, overrideProjection)
  await drainProjection(db, stockProjection)
}
const fed = async (db: Database): Promise<Price[]> =>
  (await readFeed(db, 'prices', 'S1', 0, 100)).filter((entry) => !entry.deleted).map(({ document }) => priceSchema.parse(document))
const inForce = async (db: Database) => priceInForce(await fed(db), toInstant(Date.now() + 1_000))?.amountMinor
const words = async (db: Database) =>
  (await readFeed(db, 'postings', 'S1', 0, 100)).map(({ document }) => document as { state: string; reason?: string })
const exceptions = async (db: Database) =>
  (await db.selectFrom('exception').select(['state', 'message']).where('kind', '=', 'OVERRIDE_CONFLICT').execute()).map((row) => [
    row.state,
    row.message,
  ])
const level = async (db: Database) => (await readLevels(db, { limit: 50 })).map(({ onHandMilli }) => onHandMilli)

it('[MRG43] without a change that it had not seen, the store’s price stands: it is in the feed with its end, and no rule is asked', async () => {
  const { db, override, rules } = await open()
  await rules(rule('centre'))
  await override('o1', 1, { effectiveTo: at(10) })
  expect(await inForce(db)).toBe(99)
  expect((await fed(db)).find(({ priceId }) => priceId === '~store:S1:o1')).toMatchObject({ amountMinor: 99, effectiveTo: at(10) })
  expect(await words(db)).toEqual([{ naturalKey: 'S1|override|o1', state: 'posted' }])
  expect(await readOverrides(db, { limit: 10 })).toMatchObject([{ winner: 'store', basis: 'no-conflict', centre: [] }])
})

it('[MRG40] [MRG43] against a change that it had not seen the rule decides; both sides stay readable, and the store is told why', async () => {
  for (const winner of ['store', 'centre'] as const) {
    const { db, override, rules } = await open()
    await rules(rule(winner))
    await central(db, 'change', 139, -5)
    await override('o1', 1)
    expect(await inForce(db)).toBe(winner === 'store' ? 99 : 139)
    const [told] = await words(db)
    expect(told).toMatchObject({ state: winner === 'store' ? 'posted' : 'held' })
    expect(told?.reason).toContain('1.39 EUR')
    expect(told?.reason).toContain('as agreed')
    expect(await readOverrides(db, { limit: 10 })).toMatchObject([
      {
        winner,
        basis: 'rule',
        owner: 'pricing',
        rulesVersion: 1,
        store: { amountMinor: 99 },
        centre: [{ price: { amountMinor: 139 }, checkpoint: 2 }],
      },
    ])
    expect(await exceptions(db)).toEqual([])
    expect((await fed(db)).some(({ priceId }) => priceId === '~store:S1:o1')).toBe(true)
  }
})

it('[MRG44] without a rule a person decides: the store’s price stands until then, once it is decided the exception ends and nothing is decided again', async () => {
  for (const winner of ['store', 'centre'] as const) {
    const { db, override } = await open()
    await central(db, 'change', 139, -5)
    await override('o1', 1)
    expect(await inForce(db)).toBe(99)
    expect(await exceptions(db)).toEqual([['open', expect.stringContaining('Store S1 set MILK to 0.99 EUR') as string]])
    const decision = { winner, basis: 'person' as const, reason: 'the shelf says so' }
    expect(await resolveOverride(db, 'S1|override|o1', decision)).toEqual({ outcome: 'decided' })
    expect(await inForce(db)).toBe(winner === 'store' ? 99 : 139)
    expect((await exceptions(db)).map(([state]) => state)).toEqual(['resolved'])
    expect((await words(db))[0]).toMatchObject({
      state: winner === 'store' ? 'posted' : 'held',
      reason: expect.stringContaining('the shelf says so') as string,
    })
    expect(await resolveOverride(db, 'S1|override|o1', decision)).toEqual({ outcome: 'known' })
    const other = winner === 'store' ? 'centre' : 'store'
    expect(await resolveOverride(db, 'S1|override|o1', { ...decision, winner: other })).toMatchObject({ outcome: 'refused' })
  }
  const { db } = await open()
  expect(await resolveOverride(db, 'nothing', { winner: 'store', basis: 'person', reason: 'x' })).toEqual({ outcome: 'unknown' })
})

it('[MRG44] what ended before anybody decided waits for nobody, and leaves the feed in time', async () => {
  const { db, override } = await open()
  await central(db, 'change', 139, -5)
  await override('o1', 1, { effectiveTo: at(1) })
  await settleOverrides(db, nowMs + 2 * hour)
  expect((await exceptions(db)).map(([state]) => state)).toEqual(['resolved'])
  await settleOverrides(db, nowMs + 30 * hour)
  expect((await fed(db)).map(({ priceId }) => priceId)).toEqual(['regular', 'change'])
})

it('[MRG46] a rebuild keeps what was decided, whatever the rules say by then', async () => {
  const { db, override, rules } = await open()
  await central(db, 'change', 139, -5)
  await override('o1', 1)
  const live = [await readOverrides(db, { limit: 10 }), await fed(db), await words(db)]
  await rules(rule('centre'))
  await rebuildProjection(db, overrideProjection)
  expect([await readOverrides(db, { limit: 10 }), await fed(db), await words(db)]).toEqual(live)
  expect(await db.selectFrom('price_override').select('natural_key').execute()).toEqual([{ natural_key: 'S1|override|o1' }])
})

it('[MRG42] a table that contradicts itself or names strangers is refused; each version is kept', async () => {
  const { db, rules } = await open()
  expect(await rules(rule('store'), rule('centre'))).toMatchObject({ outcome: 'refused' })
  expect(await setRules(db, { groups: [{ group: 'g', storeIds: ['S9' as never] }], rules: [] }, 'me', 'x')).toMatchObject({
    flaws: ['There is no store S9.'],
  })
  expect(await rules(rule('store'))).toEqual({ outcome: 'in-force', version: 1 })
  expect(await rules(rule('store'))).toEqual({ outcome: 'unchanged', version: 1 })
  expect(await rules(rule('centre'))).toEqual({ outcome: 'in-force', version: 2 })
  expect((await readRules(db, 1))?.table.rules).toEqual([rule('store')])
})

it('[MRG45] a correction booked while a count was on its way is contained in it or added to it, by rule or by a person; a rebuild comes to the same', async () => {
  for (const winner of ['store', 'centre', 'person'] as const) {
    const { db, device, rules } = await open()
    if (winner !== 'person') await rules(rule(winner, 'stock'))
    device.append(JSON.stringify(stockDocument()), 'stock-document')
    const booked = {
      key: 'k1',
      storeId: 'S1',
      itemId: 'MILK',
      kind: 'adjustment' as const,
      quantityMilli: 3_000,
      businessDay: '2026-01-31',
      reason: 'found',
    }
    expect(await correctStock(db, booked)).toMatchObject({ outcome: 'booked' })
    await merge(db, device)
    expect(await level(db)).toEqual([winner === 'store' ? 10_000 : 13_000])
    expect((await exceptions(db)).map(([state]) => state)).toEqual(winner === 'person' ? ['open'] : [])
    expect(await readOverrides(db, { field: 'stock', limit: 10 })).toMatchObject([
      { winner, store: { countedMilli: 10_000 }, centre: { quantityMilli: 3_000 } },
    ])
    if (winner === 'person') {
      const [waiting] = await readOverrides(db, { waiting: true, limit: 10 })
      expect(await resolveOverride(db, waiting?.id ?? '', { winner: 'store', basis: 'person', reason: 'counted after' })).toEqual({
        outcome: 'decided',
      })
      expect(await level(db)).toEqual([10_000])
      expect((await exceptions(db)).map(([state]) => state)).toEqual(['resolved'])
    }
    const live = await level(db)
    await rebuildProjection(db, stockProjection)
    expect(await level(db)).toEqual(live)
    expect(await checkBalances(db, 'S1')).toEqual([])
    await correctStock(db, { ...booked, key: 'k2' })
    expect(await level(db)).toEqual([(live[0] ?? 0) + 3_000])
    expect(await readOverrides(db, { field: 'stock', limit: 10 })).toHaveLength(1)
  }
})
