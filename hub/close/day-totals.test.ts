import { addToTotals, noTotals, statedTotals } from '#sync/core/day-totals.ts'
import { receipt } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTotals } from './day-totals.ts'

const totalsOf = (...numbers: number[]) => statedTotals(numbers.map((number) => receipt(number)).reduce(addToTotals, noTotals))

describe('the totals of agent and hub', () => {
  it('[CMP4] differ by measure, each with what both say', () => {
    const [agent, hub] = [totalsOf(1, 2), totalsOf(1)]
    expect(compareTotals(agent, agent)).toEqual([])
    expect(compareTotals(agent, hub)).toEqual([
      { measure: 'transactions', key: '', agent: 2, hub: 1 },
      { measure: 'grand', key: '', agent: 476, hub: 238 },
      { measure: 'tender', key: 'cash', agent: 476, hub: 238 },
      { measure: 'tender-count', key: 'cash', agent: 2, hub: 1 },
      { measure: 'tax', key: 'A', agent: 32, hub: 16 },
    ])
    const named = { ...agent, taxes: [{ code: 'B|C', count: 1, taxMinor: 1 }] }
    expect(compareTotals(named, { ...agent, taxes: [] })).toEqual([{ measure: 'tax', key: 'B|C', agent: 1, hub: 0 }])
  })

  it('[CMP4] each difference turned round is the difference of the other side; equal sums differ in nothing', () => {
    const totals = fc.record({
      transactionCount: fc.nat(3),
      grandMinor: fc.integer({ min: -3, max: 3 }),
      kinds: fc.constant<ReturnType<typeof totalsOf>['kinds']>([]),
      tenders: fc.uniqueArray(
        fc.record({
          kind: fc.constantFrom('cash' as const, 'card' as const),
          count: fc.integer({ min: 1, max: 3 }),
          amountMinor: fc.nat(3),
        }),
        { selector: ({ kind }) => kind },
      ),
      taxes: fc.uniqueArray(fc.record({ code: fc.constantFrom('A', 'B|'), count: fc.constant(1), taxMinor: fc.nat(2) }), {
        selector: ({ code }) => code,
      }),
    })
    const sorted = (all: readonly object[]): string[] => all.map((each) => JSON.stringify(each)).sort()
    fc.assert(
      fc.property(totals, totals, (a, b) => {
        const turned = compareTotals(b, a).map(({ agent, hub, ...figure }) => ({ ...figure, agent: hub, hub: agent }))
        expect(sorted(compareTotals(a, b))).toEqual(sorted(turned))
        expect(compareTotals(a, structuredClone(a))).toEqual([])
      }),
    )
  })
})
