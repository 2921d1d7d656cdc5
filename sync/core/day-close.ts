/** Where a till's own totals and the agent's are not the same. Only what the till states is compared. */
import type { CloseDifference } from '../contract/day-close.ts'
import type { TillTotals } from '../contract/transaction.ts'
import { settledCount, settledMinor, type TotalsOfDay } from './day-totals.ts'

type Measure = CloseDifference['measure']

export const closeDifferences = (till: TillTotals, totals: TotalsOfDay): CloseDifference[] => {
  const stated: CloseDifference[] = []
  const state = (measure: Measure, key: string, tillSays: number | undefined, agent: number): void => {
    if (tillSays !== undefined) stated.push({ measure, key, till: tillSays, agent })
  }
  state('transactions', '', till.transactionCount, settledCount(totals))
  state('grand', '', till.grandMinor, settledMinor(totals))
  for (const { key, amountMinor, count } of sumByKey((till.tenders ?? []).map(({ kind, ...sums }) => ({ key: kind, ...sums })))) {
    const sum = totals.tenders.get(key)
    state('tender', key, amountMinor, sum?.amountMinor ?? 0)
    state('tender-count', key, count, sum?.count ?? 0)
  }
  for (const { key, amountMinor } of sumByKey((till.taxes ?? []).map(({ code, taxMinor }) => ({ key: code, amountMinor: taxMinor }))))
    state('tax', key, amountMinor, totals.taxes.get(key)?.amountMinor ?? 0)
  return stated.filter(({ till: tillSays, agent }) => tillSays !== agent)
}

interface Stated<K> {
  key: K
  amountMinor: number
  count?: number | undefined
}

/** A till may print one tender or tax on several lines. */
const sumByKey = <K>(lines: readonly Stated<K>[]): Stated<K>[] => {
  const sums = new Map<K, Stated<K>>()
  for (const { key, amountMinor, count } of lines) {
    const known = sums.get(key)
    const counted = known ? (known.count === undefined || count === undefined ? undefined : known.count + count) : count
    sums.set(key, { key, amountMinor: (known?.amountMinor ?? 0) + amountMinor, count: counted })
  }
  return [...sums.values()]
}
