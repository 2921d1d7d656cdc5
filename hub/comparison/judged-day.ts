/** What store and hub come to on one business day. Pure. */
import type { DayDigest, Span } from '#sync/contract/comparison.ts'
import type { CurrencySum, DayCounts } from './day-counts.ts'

export interface SumDifference {
  currency: string
  store: CurrencySum
  hub: CurrencySum
}

export type JudgedDay =
  | { outcome: 'agrees' }
  | { outcome: 'waiting' }
  | { outcome: 'lacks'; wanted: Span[] }
  /** Other records under the same numbers. */
  | { outcome: 'differs'; why: 'records' }
  /** The same records, and other sums. */
  | { outcome: 'differs'; why: 'sums'; differences: SumDifference[] }

export interface DayFindings {
  wanted: Span[]
  /** Some of the day is not acknowledged yet. */
  isAhead: boolean
  counts: DayCounts
  isSalesBehind: boolean
}

export const judgeDay = (day: DayDigest, { wanted, isAhead, counts, isSalesBehind }: DayFindings): JudgedDay => {
  if (wanted.length > 0) return { outcome: 'lacks', wanted }
  if (isAhead) return { outcome: 'waiting' }
  if (counts.count !== day.count || counts.digest !== day.digest) return { outcome: 'differs', why: 'records' }
  if (isSalesBehind) return { outcome: 'waiting' }
  const differences = differencesOf(day, counts)
  return differences.length === 0 ? { outcome: 'agrees' } : { outcome: 'differs', why: 'sums', differences }
}

/**
 * The store counts all its receipts; of them the hub sets aside those in conflict or quarantine. They are put to the hub's side, so that
 * what is known to count for nothing is no difference. Where one of them cannot be read, sums cannot be told; numbers still can.
 */
const differencesOf = ({ totals }: DayDigest, { counted, setAside }: DayCounts): SumDifference[] => {
  const hub = new Map([...counted].map(([currency, sum]) => [currency, { ...sum }]))
  for (const one of setAside) {
    if (!one) continue
    const sum = hub.get(one.currency) ?? { count: 0, grandMinor: 0 }
    hub.set(one.currency, { count: sum.count + 1, grandMinor: sum.grandMinor + one.grandMinor })
  }
  const store = new Map(totals.map(({ currency, count, grandMinor }): [string, CurrencySum] => [currency, { count, grandMinor }]))
  const none = { count: 0, grandMinor: 0 }
  const all = [...new Set([...store.keys(), ...hub.keys()])].sort().map((currency) => ({
    ...{ currency, store: store.get(currency) ?? none, hub: hub.get(currency) ?? none },
  }))
  const unread = setAside.filter((one) => one === null).length
  if (unread > 0) {
    const missing = all.reduce((sum, each) => sum + each.store.count - each.hub.count, 0)
    return missing === unread ? [] : all.filter(differs)
  }
  return all.filter(differs)
}

const differs = ({ store, hub }: SumDifference): boolean => store.count !== hub.count || store.grandMinor !== hub.grandMinor
