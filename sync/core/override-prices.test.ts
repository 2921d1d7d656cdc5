import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Price, priceSchema } from '../contract/catalogue.ts'
import { type PriceOverride, priceOverrideSchema } from '../contract/price-override.ts'
import { toInstant } from './instant.ts'
import { type CentralPrice, changesAgainst, isPriceOf, overridePrices, refusedPrice } from './override-prices.ts'
import { priceInForce } from './price-in-force.ts'

const start = Date.parse('2026-03-02T08:00:00.000Z')
const at = (minute: number) => toInstant(start + minute * 60_000)

const central = (priceId: string, checkpoint: number, amountMinor: number, from: number, to?: number): CentralPrice => ({
  checkpoint,
  price: priceSchema.parse({
    ...{ priceId, itemId: 'MILK', storeId: 'S1', amountMinor, currency: 'EUR', effectiveFrom: at(from) },
    ...(to === undefined ? {} : { effectiveTo: at(to) }),
  }),
})

const override = (change: Record<string, unknown> = {}): PriceOverride =>
  priceOverrideSchema.parse({
    ...{
      overrideId: 'o1',
      storeId: 'S1',
      itemId: 'MILK',
      amountMinor: 99,
      currency: 'EUR',
      effectiveFrom: at(60),
      reason: 'near its date',
    },
    basedOn: { feed: 'prices', checkpoint: 10, epoch: 'epoch0000001', priceId: 'regular', amountMinor: 119 },
    ...change,
  })

const epoch = 'epoch0000001'
const regular = central('regular', 10, 119, 0)
const ids = (changes: readonly CentralPrice[]) => changes.map(({ price }) => price.priceId)
const amountAt = (prices: readonly Price[], minute: number) => priceInForce(prices, at(minute))?.amountMinor

describe('a store’s own price', () => {
  it('[MRG40] what the feed had up to where the store stood was seen; what the hub wrote behind it was not', () => {
    const seen = central('seen', 9, 129, 90)
    const unseen = central('unseen', 11, 139, 90)
    expect(ids(changesAgainst(override(), [regular, seen, unseen], epoch))).toEqual(['unseen'])
  })

  it('[MRG40] a change to the same amount, or for another time, is not one against it', () => {
    const same = central('same', 11, 99, 90)
    const before = central('before', 12, 139, 0, 60)
    const after = central('after', 13, 139, 120)
    const all = [regular, same, before, after]
    expect(ids(changesAgainst(override({ effectiveTo: at(120) }), all, epoch))).toEqual([])
    expect(ids(changesAgainst(override(), all, epoch))).toEqual(['after'])
  })

  it('[MRG40] in another epoch of the hub’s data numbers say nothing: what begins after the price that was overridden was not seen', () => {
    const later = central('later', 3, 139, 5)
    expect(ids(changesAgainst(override(), [regular, later, central('old', 99, 109, -10)], 'epoch0000002'))).toEqual(['later'])
    // A restored hub may lack the price that was overridden: what it has in its place was not seen either.
    expect(ids(changesAgainst(override(), [central('old', 2, 109, -10), central('older', 1, 89, -20)], 'epoch0000002'))).toEqual(['old'])
  })

  it('[MRG41] without a change against it, it gives way to a later price that the store knew of', () => {
    const monday = central('monday', 8, 149, 500)
    const prices = [regular.price, monday.price, ...overridePrices(override(), [])]
    expect([59, 60, 499, 500].map((minute) => amountAt(prices, minute))).toEqual([119, 99, 99, 149])
  })

  it('[MRG41] against a change that begins with it, earlier or later it holds to its end, and then the change does', () => {
    for (const begins of [30, 60, 90]) {
      const change = central('zzz', 11, 139, begins)
      const prices = [regular.price, change.price, ...overridePrices(override({ effectiveTo: at(120) }), [change])]
      expect([60, 89, 90, 119, 120].map((minute) => amountAt(prices, minute))).toEqual([99, 99, 99, 99, 139])
    }
  })

  it('[MRG41] its prices bear its name, and one that was refused is never in force', () => {
    const made = overridePrices(override(), [central('c', 11, 139, 90)])
    expect(made.every(({ priceId }) => isPriceOf(override(), priceId))).toBe(true)
    expect(made.some(({ priceId }) => isPriceOf(override({ overrideId: 'o' }), priceId))).toBe(false)
    expect(new Set(made.map(({ priceId }) => priceId)).size).toBe(2)
    expect([60, 1_000].map((minute) => amountAt([regular.price, refusedPrice(override())], minute))).toEqual([119, 119])
  })

  it('[MRG40] [MRG41] whatever the centre did: at each moment of its time the store’s price holds, or one that the store had seen, or one of the same amount', () => {
    const minute = fc.integer({ min: 0, max: 200 })
    const anyCentral = fc.record({
      checkpoint: fc.integer({ min: 1, max: 20 }),
      amount: fc.constantFrom(99, 119, 139),
      from: minute,
      length: fc.option(fc.integer({ min: 1, max: 100 })),
    })
    fc.assert(
      fc.property(fc.array(anyCentral, { maxLength: 8 }), minute, fc.option(fc.integer({ min: 1, max: 150 })), (drawn, from, length) => {
        const all = drawn.map((each, n) =>
          central(`p${n}`, each.checkpoint, each.amount, each.from, each.length === null ? undefined : each.from + each.length),
        )
        const own = override({ effectiveFrom: at(from), ...(length === null ? {} : { effectiveTo: at(from + length) }) })
        const against = changesAgainst(own, all, epoch)
        const before = all.map(({ price }) => price)
        const prices = [...before, ...overridePrices(own, against)]
        for (let now = 0; now <= 400; now += 3) {
          const holds = priceInForce(prices, at(now))
          const isWithin = now >= from && (length === null || now < from + length)
          if (!isWithin) expect(holds).toEqual(priceInForce(before, at(now)))
          else if (holds && !isPriceOf(own, holds.priceId)) expect(against.map(({ price }) => price.priceId)).not.toContain(holds.priceId)
          if (isWithin) expect(holds).not.toBeNull()
        }
      }),
      { numRuns: 100 },
    )
  })
})
