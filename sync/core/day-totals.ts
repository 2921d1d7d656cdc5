/**
 * The agent's own totals of one workstation's day. Settled transactions (sale, return, exchange, post-void) make count, sum, tenders and
 * taxes; all kinds are counted by kind. What is given back as change is taken off its tender and is no payment. Voided tenders are none.
 */
import type { DayTotals } from '../contract/day-close.ts'
import { type Tender, tenderKinds, type Transaction, transactionKinds } from '../contract/transaction.ts'

interface Sum {
  count: number
  amountMinor: number
}

export interface TotalsOfDay {
  kinds: ReadonlyMap<Transaction['kind'], Sum>
  tenders: ReadonlyMap<Tender['kind'], Sum>
  taxes: ReadonlyMap<string, Sum>
}
export type TotalledTransaction = Pick<Transaction, 'kind' | 'totals' | 'tenders' | 'taxes'>

export const noTotals: TotalsOfDay = { kinds: new Map(), tenders: new Map(), taxes: new Map() }

const settledKinds: ReadonlySet<Transaction['kind']> = new Set(['sale', 'return', 'exchange', 'post-void'])

const added = <K>(sums: ReadonlyMap<K, Sum>, more: Iterable<readonly [K, Sum]>): ReadonlyMap<K, Sum> => {
  const result = new Map(sums)
  for (const [key, { count, amountMinor }] of more) {
    const known = result.get(key)
    result.set(key, { count: (known?.count ?? 0) + count, amountMinor: (known?.amountMinor ?? 0) + amountMinor })
  }
  return result
}

/** Money that goes the other way than the receipt. */
const isChange = (amountMinor: number, grandMinor: number): boolean => amountMinor < 0 !== grandMinor < 0

const totalsOf = ({ kind, totals: { grandMinor }, tenders, taxes }: TotalledTransaction): TotalsOfDay => {
  const kinds = new Map([[kind, { count: 1, amountMinor: grandMinor }]])
  if (!settledKinds.has(kind)) return { ...noTotals, kinds }
  const paid = tenders
    .filter((tender) => !tender.voided)
    .map(({ kind: key, amountMinor }) => [key, { count: isChange(amountMinor, grandMinor) ? 0 : 1, amountMinor }] as const)
  const taxed = taxes.map(({ code, taxMinor }) => [code, { count: 1, amountMinor: taxMinor }] as const)
  return { kinds, tenders: added(new Map(), paid), taxes: added(new Map(), taxed) }
}

export const mergeTotals = (a: TotalsOfDay, b: TotalsOfDay): TotalsOfDay => ({
  kinds: added(a.kinds, b.kinds),
  tenders: added(a.tenders, b.tenders),
  taxes: added(a.taxes, b.taxes),
})

export const addToTotals = (totals: TotalsOfDay, transaction: TotalledTransaction): TotalsOfDay =>
  mergeTotals(totals, totalsOf(transaction))

const settled = (totals: TotalsOfDay): Sum[] => [...totals.kinds].filter(([kind]) => settledKinds.has(kind)).map(([, sum]) => sum)
export const settledCount = (totals: TotalsOfDay): number => settled(totals).reduce((all, { count }) => all + count, 0)
export const settledMinor = (totals: TotalsOfDay): number => settled(totals).reduce((all, { amountMinor }) => all + amountMinor, 0)

/** In the contract's form, each list in an order of its own. A tender that was only ever given back as change has a count of 1. */
export const statedTotals = (totals: TotalsOfDay): DayTotals => ({
  transactionCount: settledCount(totals),
  grandMinor: settledMinor(totals),
  kinds: transactionKinds.flatMap((kind) => {
    const sum = totals.kinds.get(kind)
    return sum ? [{ kind, count: sum.count, grandMinor: sum.amountMinor }] : []
  }),
  tenders: tenderKinds.flatMap((kind) => {
    const sum = totals.tenders.get(kind)
    return sum ? [{ kind, count: Math.max(1, sum.count), amountMinor: sum.amountMinor }] : []
  }),
  taxes: [...totals.taxes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { count, amountMinor }]) => ({ code, count, taxMinor: amountMinor })),
})
