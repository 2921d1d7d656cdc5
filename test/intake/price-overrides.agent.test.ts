import { beforeEach, describe, expect, it } from 'vitest'
import type { PriceBasis } from '#sync/contract/ipc.ts'
import { type PriceOverride, priceOverrideSchema } from '#sync/contract/price-override.ts'
import { instantSchema } from '#sync/contract/vocabulary.ts'
import { openStore, saleAt } from '#test/completeness/store.ts'

const now = instantSchema.parse('2026-01-31T12:00:00.000Z')
let basis: PriceBasis | null | 'away'
let asked: (string | undefined)[]

const prices = {
  basis: (itemId: string, at?: string) => {
    asked.push(at)
    if (basis === 'away') return Promise.reject(new Error('the engine window is away'))
    return Promise.resolve(basis && itemId === 'MILK' ? basis : basis && { ...basis, price: null })
  },
}
const bodyOf = (change: Record<string, unknown> = {}) => ({
  ...{ overrideId: 'o1', itemId: 'MILK', amountMinor: 99, currency: 'USD', reason: 'near its date' },
  ...change,
})
const path = '/v1/price-overrides'
const open = () => openStore({ prices })
const recordsOf = async (store: Awaited<ReturnType<typeof open>>): Promise<PriceOverride[]> =>
  (await store.agent().journal.read(0, 1_000))
    .filter(({ kind }) => kind === 'price-override')
    .map(({ payload }) => priceOverrideSchema.parse(JSON.parse(payload)))

beforeEach(() => {
  asked = []
  basis = {
    ...{ now, checkpoint: 7 },
    price: {
      ...{ priceId: 'regular', itemId: 'MILK', storeId: '9', amountMinor: 119, currency: 'USD' },
      effectiveFrom: '2026-01-01T00:00:00.000Z',
    },
  } as PriceBasis
})

describe('the door for a store’s own prices', () => {
  it('[MRG40] one is a record in the sequence of the sales, with what the store knew; the same again is a duplicate, whatever the store knows by then', async () => {
    const store = await open()
    await store.sell(saleAt(1))
    const first = await store.call(path, bodyOf({ effectiveTo: '2026-02-01T10:00:00' }))
    expect(first).toMatchObject({ status: 201, body: { outcome: 'captured', effectiveFrom: now } })
    const [kept] = await recordsOf(store)
    expect(kept).toEqual({
      ...bodyOf({ effectiveTo: '2026-02-01T10:00:00.000Z' }),
      ...{ storeId: '9', effectiveFrom: now },
      basedOn: { feed: 'prices', checkpoint: 7, priceId: 'regular', amountMinor: 119 },
    })
    const { recordId } = first.body as { recordId: string }
    basis = 'away'
    const again = { status: 200, body: { outcome: 'duplicate', recordId, effectiveFrom: now } }
    expect(await store.call(path, bodyOf({ effectiveTo: '2026-02-01T10:00:00' }))).toEqual(again)
    await store.restart()
    expect(
      await store.call(path, bodyOf({ storeId: '9', effectiveFrom: '2026-01-31T12:00:00Z', effectiveTo: '2026-02-01T10:00:00Z' })),
    ).toEqual(again)
    expect(await recordsOf(store)).toHaveLength(1)
  })

  it('[MRG40] other content under an overrideId is kept beside the first, once', async () => {
    const store = await open()
    const { recordId: firstRecordId } = (await store.call(path, bodyOf())).body as { recordId: string }
    const conflict = await store.call(path, bodyOf({ amountMinor: 89 }))
    expect(conflict).toMatchObject({ status: 409, body: { outcome: 'conflict', firstRecordId } })
    expect(await store.call(path, bodyOf({ amountMinor: 89 }))).toEqual(conflict)
    expect((await recordsOf(store)).map(({ amountMinor }) => amountMinor)).toEqual([99, 89])
  })

  it('[MRG40] one for later is based on the price in force then', async () => {
    const store = await open()
    expect(await store.call(path, bodyOf({ effectiveFrom: '2026-02-02T08:00:00+01:00' }))).toMatchObject({ status: 201 })
    expect(asked).toEqual(['2026-02-02T07:00:00.000Z'])
  })

  it.each([
    ['a price of nothing', bodyOf({ amountMinor: 0 }), 422, 'amountMinor'],
    ['a hundred times the price', bodyOf({ amountMinor: 11_900 }), 422, 'a hundred times'],
    ['a hundredth of the price', bodyOf({ amountMinor: 1 }), 422, 'a hundred times'],
    ['another currency', bodyOf({ currency: 'EUR' }), 422, 'sold in USD'],
    ['another store', bodyOf({ storeId: '8' }), 422, 'not 8'],
    ['an item that nobody sells here', bodyOf({ itemId: 'SNOW' }), 404, 'does not sell SNOW'],
    ['an end before its beginning', bodyOf({ effectiveTo: '2026-01-31T11:00:00' }), 422, 'after effectiveFrom'],
    ['a beginning before that of the price in force', bodyOf({ effectiveFrom: '2025-12-31T11:00:00' }), 422, 'begin after that'],
    ['an id with a bar', bodyOf({ overrideId: 'a|b' }), 422, 'overrideId'],
    ['no reason', bodyOf({ reason: undefined }), 422, 'reason'],
    ['what is no JSON', '{"overrideId":', 400, 'not JSON'],
  ])('[MRG40] %s is refused with its reason, and nothing is recorded', async (_, body, status, reason) => {
    const store = await open()
    const answer = await store.call(path, body)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(reason)
    expect((await store.agent().journal.head()).seq).toBe(0)
  })

  it('[MRG40] while the local database is starting it is to be kept and sent again', async () => {
    const store = await open()
    for (const state of ['away', null] as const) {
      basis = state
      expect(await store.call(path, bodyOf())).toMatchObject({ status: 503, body: { code: 'NOT_READY' } })
    }
    expect((await store.agent().journal.head()).seq).toBe(0)
  })

  it('[MRG46] for a hub that does not know such documents they wait where they are, over restarts; sales do not; an updated hub gets them', async () => {
    const store = await open()
    const count = { documentId: 'c', documentKind: 'count', storeId: '9', businessDay: '2026-01-31', at: '2026-01-31T20:00:00' }
    const lines = [{ lineNumber: 1, itemId: 'MILK', quantityMilli: 1_000, unit: 'each' }]
    store.agent().hubProtocol.spoken(3)
    await store.restart()
    expect(await store.call(path, bodyOf())).toMatchObject({ status: 503, body: { code: 'NOT_READY' } })
    expect(await store.call('/v1/stock-documents', { ...count, lines })).toMatchObject({ status: 503, body: { code: 'NOT_READY' } })
    expect(await store.sell(saleAt(1))).toBe(201)
    store.agent().hubProtocol.spoken(4)
    expect(await store.call(path, bodyOf())).toMatchObject({ status: 201 })
    expect(await store.call('/v1/stock-documents', { ...count, lines })).toMatchObject({ status: 201 })
  })
})
