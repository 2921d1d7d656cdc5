/** Prices against a plain restatement of the rule. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { priceSchema, type Price } from '../contract/catalogue.ts'
import { toInstant } from './instant.ts'
import { isSuperseded, nextPriceChange, priceInForce } from './price-in-force.ts'

const at = (minute: number) => toInstant(Date.UTC(2026, 0, 1) + minute * 60_000)

const priceOf = (index: number, from: number, lasts: number | null): Price =>
  priceSchema.parse({
    priceId: `p${index}`,
    itemId: 'I1',
    storeId: 'S1',
    amountMinor: index,
    currency: 'EUR',
    effectiveFrom: at(from),
    ...(lasts === null ? {} : { effectiveTo: at(from + lasts) }),
  })

const prices = fc
  .array(fc.tuple(fc.nat(20), fc.option(fc.nat(10))), { maxLength: 8 })
  .map((list) => list.map(([from, lasts], index) => priceOf(index, from, lasts)))

describe('price in force', () => {
  it('[PRC1] a promotion interrupts the regular price and gives way to it again', () => {
    const list = [priceOf(1, 0, null), priceOf(2, 5, 5)]
    expect([4, 5, 9, 10].map((m) => priceInForce(list, at(m))?.priceId)).toEqual(['p1', 'p2', 'p2', 'p1'])
    expect(nextPriceChange(list, at(0))).toMatchObject({ at: at(5), price: { priceId: 'p2' } })
    expect(nextPriceChange(list, at(5))).toMatchObject({ at: at(10), price: { priceId: 'p1' } })
    expect(nextPriceChange(list, at(10))).toBeNull()
  })

  it('[PRC1] is the begun, unended price with the latest start, then the greatest id, in whatever order the list comes', () => {
    fc.assert(
      fc.property(prices, fc.nat(30), (list, minute) => {
        const now = at(minute)
        const open = list.filter((p) => p.effectiveFrom <= now && !(p.effectiveTo !== undefined && p.effectiveTo <= now))
        const ranked = open.toSorted((a, b) => `${b.effectiveFrom} ${b.priceId}`.localeCompare(`${a.effectiveFrom} ${a.priceId}`))
        expect(priceInForce(list, now)).toEqual(ranked[0] ?? null)
        expect(priceInForce(list.toReversed(), now)).toEqual(ranked[0] ?? null)
      }),
    )
  })

  it('[PRC1] names the first moment at which the price differs: nothing changes before it', () => {
    fc.assert(
      fc.property(prices, fc.nat(30), (list, minute) => {
        const change = nextPriceChange(list, at(minute))
        const idAt = (m: number) => priceInForce(list, at(m))?.priceId
        const minutes = Array.from({ length: 60 - minute }, (_, i) => minute + 1 + i)
        const first = minutes.find((m) => idAt(m) !== idAt(minute))
        expect(change?.at).toBe(first === undefined ? undefined : at(first))
        if (change && first !== undefined) expect(change.price?.priceId).toBe(idAt(first))
      }),
    )
  })

  it('[PRC5] without what is superseded, the same price is in force at every later moment', () => {
    fc.assert(
      fc.property(prices, fc.nat(30), (list, minute) => {
        const kept = list.filter((price) => !isSuperseded(price, list, at(minute)))
        for (let m = minute; m < 40; m++) expect(priceInForce(kept, at(m))).toEqual(priceInForce(list, at(m)))
        const regular = list.filter((price) => price.effectiveTo === undefined)
        const keptRegular = regular.filter((price) => !isSuperseded(price, regular, at(minute)))
        expect(keptRegular.filter((price) => price.effectiveFrom <= at(minute)).length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
