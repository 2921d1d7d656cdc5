import { type Transaction, transactionKinds } from '#sync/contract/transaction.ts'
import { receipt } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTotals, totalsOfTransactions } from './day-totals.ts'

const cash = (amountMinor: number, voided = false) => ({ lineNumber: 2, kind: 'cash' as const, amountMinor, voided })

describe('a day’s totals', () => {
  it('[CMP4] count receipts and takings of settled kinds; what was suspended, cancelled or for practice by kind alone', () => {
    const day = [
      receipt(1),
      receipt(2, { kind: 'return', tenders: [cash(-238)], taxes: [], totals: { netMinor: -238, taxMinor: 0, grandMinor: -238 } }),
      receipt(3, { tenders: [cash(238), cash(100, true)] }),
      receipt(4, { kind: 'training' }),
      receipt(5, { kind: 'suspended' }),
      receipt(6, {
        kind: 'paid-in',
        lineItems: [],
        taxes: [],
        tenders: [cash(5_000)],
        totals: { netMinor: 0, taxMinor: 0, grandMinor: 5_000 },
      }),
    ]
    expect(totalsOfTransactions(day)).toEqual({
      transactionCount: 3,
      grandMinor: 238,
      kinds: [
        { kind: 'paid-in', count: 1, grandMinor: 5_000 },
        { kind: 'return', count: 1, grandMinor: -238 },
        { kind: 'sale', count: 2, grandMinor: 476 },
        { kind: 'suspended', count: 1, grandMinor: 238 },
        { kind: 'training', count: 1, grandMinor: 238 },
      ],
      tenders: [{ kind: 'cash', count: 4, amountMinor: 5_238 }],
      taxes: [{ code: 'A', count: 2, taxMinor: 32 }],
    })
    expect(totalsOfTransactions([])).toEqual({ transactionCount: 0, grandMinor: 0, kinds: [], tenders: [], taxes: [] })
  })

  it('[CMP4] differences name the measure, and what each side says', () => {
    const both = [receipt(1), receipt(2)]
    const [agent, hub] = [totalsOfTransactions(both), totalsOfTransactions([receipt(1)])]
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

  it('[CMP4] the order of receipts is nothing to them, and two halves of a day sum to it', () => {
    const made = fc
      .record({
        kind: fc.constantFrom(...transactionKinds),
        tender: fc.constantFrom('cash', 'card'),
        amountMinor: fc.integer({ min: -9_999, max: 9_999 }),
      })
      .map(({ kind, tender, amountMinor }): Transaction =>
        receipt(1, {
          kind,
          tenders: [{ lineNumber: 1, kind: tender, amountMinor, voided: false }],
          totals: { netMinor: 0, taxMinor: 0, grandMinor: amountMinor },
        }),
      )
    fc.assert(
      fc.property(fc.array(made), fc.array(made), (first, second) => {
        const whole = totalsOfTransactions([...first, ...second])
        expect(compareTotals(whole, totalsOfTransactions([...second.toReversed(), ...first]))).toEqual([])
        const [a, b] = [totalsOfTransactions(first), totalsOfTransactions(second)]
        expect(whole.transactionCount).toBe(a.transactionCount + b.transactionCount)
        expect(whole.grandMinor).toBe(a.grandMinor + b.grandMinor)
        expect(whole.kinds.reduce((sum, { count }) => sum + count, 0)).toBe(first.length + second.length)
      }),
    )
  })
})
