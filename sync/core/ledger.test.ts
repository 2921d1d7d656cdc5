import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DayLedger, NumberRange } from '../contract/day-close.ts'
import { claimNumber, dayLedger, type DayNumbers, noNumbers, seeNumber } from './ledger.ts'
import { addNumber, countNumbers, hasNumber, type Runs, subtractRanges } from './ledger-runs.ts'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 31, 6) + minute * 60_000).toISOString().slice(0, 19)

const daySeen = (numbers: readonly number[], kind: 'sale' | 'cancelled' = 'sale'): DayNumbers =>
  numbers.reduce((day, sequenceNumber, index) => seeNumber(day, { sequenceNumber, kind, endedAt: at(index) }), noNumbers)
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const numbersOf = (ranges: readonly NumberRange[]): number[] => ranges.flatMap(({ from, to }) => range(from, to))

describe('runs of numbers', () => {
  it('[CMP1] hold the set that was added, in any order and again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.constantFrom(undefined, 'a', 'b', 'c'))), fc.nat(), (added, turn) => {
        const addAll = (list: typeof added): Runs => list.reduce<Runs>((runs, [number, time]) => addNumber(runs, number, time), [])
        const runs = addAll(added)
        const shuffled = [...added.slice(turn % (added.length + 1)), ...added.slice(0, turn % (added.length + 1))].reverse()
        expect(addAll([...shuffled, ...added])).toEqual(runs)
        expect(numbersOf(runs)).toEqual([...new Set(added.map(([number]) => number))].sort((a, b) => a - b))
      }),
    )
  })
  it('subtracts as sets do', () => {
    const anyRuns = fc.array(fc.nat(50)).map((numbers) => numbers.reduce<Runs>((runs, number) => addNumber(runs, number), []))
    fc.assert(
      fc.property(anyRuns, anyRuns, (a, b) => {
        expect(numbersOf(subtractRanges(a, b))).toEqual(numbersOf(a).filter((number) => !hasNumber(b, number)))
      }),
    )
  })
})

describe('a day’s ledger', () => {
  it('[CMP1] tells seen, explained and missing apart', () => {
    let day = daySeen([10, 11, 14, 20])
    day = seeNumber(day, { sequenceNumber: 15, kind: 'suspended', endedAt: at(5) })
    day = seeNumber(day, { sequenceNumber: 16, kind: 'training', endedAt: at(5) })
    day = claimNumber(claimNumber(day, 17), 10)
    expect(dayLedger(day)).toEqual({
      first: 10,
      last: 20,
      seen: 7,
      explained: { suspended: 1, cancelled: 0, training: 1, quarantined: 1 },
      rolledOver: [],
      missing: [
        { from: 12, to: 13 },
        { from: 18, to: 19 },
      ],
    } satisfies DayLedger)
  })

  it('[CMP1] is the same in whatever order transactions, conflicts and quarantine arrive, and however often', () => {
    const arrival = fc.record({
      sequenceNumber: fc.integer({ min: 0, max: 40 }),
      kind: fc.constantFrom('sale' as const, 'suspended' as const, 'cancelled' as const, 'training' as const, 'claim' as const),
      endedAt: fc.integer({ min: 0, max: 300 }).map(at),
    })
    const fold = (arrivals: readonly (typeof arrival extends fc.Arbitrary<infer T> ? T : never)[]): DayNumbers =>
      arrivals.reduce(
        (day, { kind, ...one }) => (kind === 'claim' ? claimNumber(day, one.sequenceNumber) : seeNumber(day, { kind, ...one })),
        noNumbers,
      )
    const inTwoOrders = fc
      .array(arrival, { maxLength: 40 })
      .chain((arrivals) =>
        fc.tuple(
          fc.constant(arrivals),
          fc.shuffledSubarray([...arrivals, ...arrivals], { minLength: arrivals.length * 2, maxLength: arrivals.length * 2 }),
        ),
      )
    fc.assert(
      fc.property(inTwoOrders, ([arrivals, shuffled]) => {
        const ledger = dayLedger(fold(arrivals))
        expect(dayLedger(fold(shuffled))).toEqual(ledger)
        expect(fold(shuffled)).toEqual(fold(arrivals))
        if (ledger.first === undefined || ledger.last === undefined || ledger.rolledOver.length > 0) return
        expect(ledger.seen + countNumbers(ledger.missing)).toBe(ledger.last - ledger.first + 1)
      }),
    )
  })

  it('a misread number in quarantine lengthens no day', () => {
    expect(dayLedger(claimNumber(daySeen([1, 2, 3]), 4_000_000_000))).toMatchObject({ first: 1, last: 3, missing: [] })
    expect(dayLedger(claimNumber(daySeen([1, 2, 3]), 6))).toMatchObject({ last: 6, missing: [{ from: 4, to: 5 }] })
  })
})

describe('a counter that begins again', () => {
  it('[CMP2] explains the numbers between', () => {
    const day = daySeen([...range(9_950, 9_999), ...range(1, 40)])
    expect(dayLedger(day)).toMatchObject({ first: 9_950, last: 40, rolledOver: [{ from: 41, to: 9_949 }], missing: [] })
  })
  it('[CMP2] does not swallow what is lost beside it', () => {
    const day = daySeen([...range(9_950, 9_960), ...range(9_970, 9_998), ...range(2, 10), ...range(13, 40)])
    expect(dayLedger(day)).toMatchObject({
      rolledOver: [{ from: 41, to: 9_949 }],
      missing: [
        { from: 1, to: 1 },
        { from: 11, to: 12 },
        { from: 9_961, to: 9_969 },
        { from: 9_999, to: 9_999 },
      ],
    })
  })
  it('[CMP2] a day that counts to the last number and lost the middle lost it', () => {
    expect(dayLedger(daySeen([...range(1, 100), ...range(900, 999)]))).toMatchObject({ rolledOver: [], missing: [{ from: 101, to: 899 }] })
  })
  it('[CMP2] the numbers decide where the till prints one time for all', () => {
    const still = [...range(9_990, 9_999), ...range(0, 5)].reduce(
      (day, sequenceNumber) => seeNumber(day, { sequenceNumber, kind: 'sale', endedAt: at(0) }),
      noNumbers,
    )
    expect(dayLedger(still)).toMatchObject({ first: 9_990, last: 5, missing: [] })
  })
})

describe('a counter that begins again at 0', () => {
  it('[CMP2] leaves no trace when it lost its 0, for others begin at 1', () => {
    expect(dayLedger(daySeen([...range(964, 999), ...range(1, 43)]))).toMatchObject({ first: 964, last: 43, missing: [] })
  })
})

describe('from day to day', () => {
  it('[CMP2] a till that goes on, or begins anew, is whole; a hole belongs to the earlier day', () => {
    const [monday, onwards, anew, later] = [daySeen(range(1, 50)), daySeen(range(51, 60)), daySeen(range(1, 20)), daySeen(range(54, 60))]
    expect(dayLedger(monday, undefined, onwards).missing).toEqual([])
    expect(dayLedger(monday, undefined, anew).missing).toEqual([])
    expect(dayLedger(monday, undefined, later).missing).toEqual([{ from: 51, to: 53 }])
    expect(dayLedger(later, monday).missing).toEqual([])
    expect(dayLedger(claimNumber(monday, 52), undefined, later).missing).toEqual([
      { from: 51, to: 51 },
      { from: 53, to: 53 },
    ])
  })
  it('[CMP2] a counter that went back lost what is below its first number, unless each day begins there', () => {
    expect(dayLedger(daySeen(range(3, 9)), daySeen(range(1, 50))).missing).toEqual([{ from: 1, to: 2 }])
    expect(dayLedger(daySeen(range(1_001, 1_009)), daySeen(range(1_001, 1_050))).missing).toEqual([])
  })
})

/** A till that counts as tills do, and loses some of its numbers on the way. */
const anyTill = fc
  .record({
    greatest: fc.constantFrom(999, 9_999, 65_535, 2 ** 31 - 1, 2 ** 32 - 1),
    begin: fc.constantFrom(0, 1),
    anewEachDay: fc.boolean(),
    start: fc.nat(400),
    lengths: fc.array(fc.integer({ min: 3, max: 150 }), { minLength: 1, maxLength: 5 }),
    losses: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 30 }),
  })
  .map(({ greatest, begin, anewEachDay, start, lengths, losses }) => {
    let next = anewEachDay ? begin : greatest - start
    let minute = 0
    const days = lengths.map((length) => {
      if (anewEachDay) next = begin
      return Array.from({ length }, () => {
        const given = { sequenceNumber: next, kind: 'sale' as const, endedAt: at((minute += 1)) }
        next = next === greatest ? begin : next + 1
        return given
      })
    })
    const lost = new Set(losses.map((share) => Math.floor(share * minute)))
    return { days, lost, anewEachDay, begin, greatest }
  })

describe('a model till', () => {
  it('[CMP1] [CMP2] every number it lost is missing, and no other, as far as numbers can tell', () => {
    fc.assert(
      fc.property(anyTill, ({ days, lost, anewEachDay }) => {
        const given = days.flatMap((day, dayIndex) =>
          day.map((one, index) => ({ ...one, day: dayIndex, endsDay: index === 0 || index === day.length - 1 })),
        )
        // Ends leave no trace: of the whole history, of a day that begins anew, of a counter that begins again with the day.
        const isLost = given.map((one, index) => {
          if (!lost.has(index) || index === 0 || index === given.length - 1) return false
          return !(one.endsDay && (anewEachDay || one.sequenceNumber <= 1 || (given[index + 1]?.sequenceNumber ?? 2) <= 1))
        })
        const books = days.map((_, dayIndex) =>
          given.reduce((day, one, index) => (one.day === dayIndex && !isLost[index] ? seeNumber(day, one) : day), noNumbers),
        )
        const held = books.flatMap((day, index) => (day.seen.length > 0 ? [index] : []))
        const missing = held.flatMap((index, position) => {
          const [before, after] = [held[position - 1], held[position + 1]]
          const near = (other: number | undefined): DayNumbers | undefined => (other === undefined ? undefined : books[other])
          return numbersOf(dayLedger(books[index]!, near(before), near(after)).missing)
        })
        const expected = given.flatMap((one, index) => (isLost[index] ? [one.sequenceNumber] : []))
        // A counter that begins again at 1 and one that lost its 0 look alike.
        const tellable = (numbers: number[]): number[] => numbers.filter((number) => number > 0).toSorted((a, b) => a - b)
        expect(tellable(missing)).toEqual(tellable(expected))
      }),
      { numRuns: 500 },
    )
  })
})
