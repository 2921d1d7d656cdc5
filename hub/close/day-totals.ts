/**
 * A day's totals of one workstation, as the hub counts them, in the shape in which the store's agent states its own. Pure.
 * Suspended, cancelled and training transactions are counted by kind alone; receipts and takings are those of settled kinds.
 */
import { type DayTotals, dayTotalsSchema } from '#sync/contract/day-close.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { z } from 'zod'
import { type TotalEffect, totalEffects } from '../merge/sales.ts'
import { isSettled } from '../stock/movement.ts'

/** A sum may be larger than any one amount. */
export const hubTotalsSchema = dayTotalsSchema.extend({ grandMinor: z.int() })

export const totalsOfTransactions = (transactions: readonly Transaction[]): DayTotals => totalsOfEffects(transactions.flatMap(totalEffects))

export const totalsOfEffects = (effects: readonly TotalEffect[]): DayTotals => {
  const summed = (measure: TotalEffect['measure']) => {
    const sums = new Map<string, { key: string; count: number; amountMinor: number }>()
    for (const { key, count, amountMinor } of effects.filter((effect) => effect.measure === measure)) {
      const sum = sums.get(key) ?? { key, count: 0, amountMinor: 0 }
      sums.set(key, { key, count: sum.count + count, amountMinor: sum.amountMinor + amountMinor })
    }
    return [...sums.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }
  const kinds = summed('transaction-kind')
  const settled = kinds.filter(({ key }) => isSettled(key))
  return hubTotalsSchema.parse({
    transactionCount: settled.reduce((sum, { count }) => sum + count, 0),
    grandMinor: settled.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    kinds: kinds.map(({ key, count, amountMinor }) => ({ kind: key, count, grandMinor: amountMinor })),
    tenders: summed('tender').map(({ key, count, amountMinor }) => ({ kind: key, count, amountMinor })),
    taxes: summed('tax').map(({ key, count, amountMinor }) => ({ code: key, count, taxMinor: amountMinor })),
  })
}

/** Two hops of a day's way do not say the same of one measure; minor units, or a count. */
export interface TotalsDifference {
  measure: 'transactions' | 'grand' | 'tender' | 'tender-count' | 'tax'
  /** Tender kind or tax code; empty where the measure needs none. */
  key: string
  agent: number
  hub: number
}

const figuresOf = (totals: DayTotals): Map<string, number> =>
  new Map([
    ['transactions|', totals.transactionCount],
    ['grand|', totals.grandMinor],
    ...totals.tenders.flatMap(({ kind, count, amountMinor }): [string, number][] => [
      [`tender|${kind}`, amountMinor],
      [`tender-count|${kind}`, count],
    ]),
    ...totals.taxes.map(({ code, taxMinor }): [string, number] => [`tax|${code}`, taxMinor]),
  ])

export const compareTotals = (agent: DayTotals, hub: DayTotals): TotalsDifference[] => {
  const [stated, counted] = [figuresOf(agent), figuresOf(hub)]
  return [...new Set([...stated.keys(), ...counted.keys()])].flatMap((figure) => {
    const difference = { agent: stated.get(figure) ?? 0, hub: counted.get(figure) ?? 0 }
    const at = figure.indexOf('|')
    const measure = figure.slice(0, at) as TotalsDifference['measure']
    return difference.agent === difference.hub ? [] : [{ measure, key: figure.slice(at + 1), ...difference }]
  })
}
