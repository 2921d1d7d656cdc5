import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseOf, countsOf, isContained, type LedgerEntry, onHandOf, type Place } from './count-rule.ts'
import { movementKinds } from './movement.ts'

const place = (seq: number, incarnation = 'one', deviceId = 'dev-a'): Place => ({ deviceId, incarnation, seq })
const entry = (kind: LedgerEntry['kind'], quantityMilli: number, places: Place[], businessDay = '2026-01-31'): LedgerEntry => ({
  key: `${kind} ${places.map(({ incarnation, seq }) => `${incarnation}${seq}`).join(' ')} ${businessDay}`,
  kind,
  quantityMilli,
  businessDay,
  places,
})

describe('the rule of counts', () => {
  it('[STK3] what stands before a count in its stream is contained, also on a later day; what stands behind is not, also on an earlier one', () => {
    const count = entry('count', 10_000, [place(5)])
    const before = entry('sale', -1_000, [place(4)], '2026-02-28')
    const behind = entry('sale', -2_000, [place(6)], '2025-12-31')
    expect(onHandOf([behind, count, before])).toBe(8_000)
  })

  it('[STK3] of another device, and of what the hub booked, earlier days are contained; its own day and later ones are not', () => {
    const count = entry('count', 10_000, [place(5)])
    const elsewhere = (day: string) => entry('sale', -1_000, [place(9, 'two', 'dev-b')], day)
    const booked = (day: string) => entry('erp-correction', 300, [], day)
    const days = ['2026-01-30', '2026-01-31', '2026-02-01']
    expect(onHandOf([count, ...days.map(elsewhere), ...days.map(booked)])).toBe(10_000 - 2_000 + 600)
  })

  it('[STK3] [CAP13] a record that a new life carries over is ordered by any stream that holds both', () => {
    const count = entry('count', 10_000, [place(2), place(2, 'new')], '2026-01-31')
    expect(isContained(entry('sale', -1, [place(1), place(1, 'new')]), count)).toBe(true)
    expect(isContained(entry('sale', -1, [place(3, 'new')]), count)).toBe(false)
    // What comes a second time in one stream has its first place.
    expect(isContained(entry('sale', -1, [place(1), place(9)]), count)).toBe(true)
    expect(baseOf(countsOf([count, entry('count', 5_000, [place(4)])]))?.countedMilli).toBe(5_000)
    expect(baseOf(countsOf([{ ...count, places: [place(2), place(9)] }, entry('count', 5_000, [place(4)])]))?.countedMilli).toBe(5_000)
  })

  it('[STK3] of counts that no stream orders the later day holds, and of one day the lower figure', () => {
    const here = entry('count', 10_000, [place(1)], '2026-01-31')
    const there = (milli: number, day: string) => entry('count', milli, [place(1, 'two', 'dev-b')], day)
    expect(onHandOf([here, there(4_000, '2026-01-31')])).toBe(4_000)
    expect(onHandOf([here, there(14_000, '2026-01-31')])).toBe(10_000)
    expect(onHandOf([here, there(4_000, '2026-01-30')])).toBe(10_000)
  })

  it('[STK3] lines of one count are added up', () => {
    const shelf = entry('count', 4_000, [place(3)])
    expect(onHandOf([shelf, { ...shelf, quantityMilli: 2_500 }, entry('sale', -500, [place(4)])])).toBe(6_000)
  })
})

const milli = fc.integer({ min: -9_000, max: 9_000 })
const kind = fc.constantFrom(...movementKinds)
const day = fc.integer({ min: 1, max: 5 }).map((n) => `2026-01-0${n}`)
/** One stream's entries in order. */
const stream = (incarnation: string) =>
  fc
    .array(fc.tuple(kind, milli, day), { maxLength: 12 })
    .map((all) => all.map(([k, q, d], index) => entry(k, k === 'count' ? Math.abs(q) : q, [place(index + 1, incarnation)], d)))

describe('any ledger', () => {
  it('[STK2] without counts conserves every movement, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, milli, day)), fc.infiniteStream(fc.nat()), (all, order) => {
        const entries = all.map(([k, q, d], index) => entry(k === 'count' ? 'sale' : k, q, index % 3 ? [place(index)] : [], d))
        const shuffled = entries.map((one) => ({ one, at: order.next().value as number })).toSorted((a, b) => a.at - b.at)
        expect(onHandOf(shuffled.map(({ one }) => one))).toBe(all.reduce((sum, [, q]) => sum + q, 0))
      }),
    )
  })

  it('[STK3] of one stream is its last count and all behind it; nothing before matters', () => {
    fc.assert(
      fc.property(stream('one'), fc.infiniteStream(fc.nat()), (entries, order) => {
        const at = entries.findLastIndex((one) => one.kind === 'count')
        const expected = entries.slice(Math.max(at, 0)).reduce((sum, { quantityMilli }) => sum + quantityMilli, 0)
        const shuffled = entries.map((one) => ({ one, at: order.next().value as number })).toSorted((a, b) => a.at - b.at)
        expect(onHandOf(shuffled.map(({ one }) => one))).toBe(expected)
      }),
    )
  })

  it('[STK3] [CAP13] carried over into a new life, up to any point, comes to the same; what the new life adds is added', () => {
    fc.assert(
      fc.property(stream('old'), fc.nat(12), milli, (old, upTo, sold) => {
        const carried = old.map((one, index) => (index < upTo ? { ...one, places: [...one.places, place(index + 1, 'new')] } : one))
        expect(onHandOf(carried)).toBe(onHandOf(old))
        const added = entry('sale', sold, [place(upTo + 1, 'new')], '2026-01-09')
        expect(onHandOf([...carried, added])).toBe(onHandOf(old) + sold)
      }),
    )
  })
})
