/** Are two statements of a till's own totals the same? In whatever order it lists its tenders and taxes. What is not stated is not nothing. */
import type { TillTotals } from '../contract/transaction.ts'

const asSet = (rows: readonly unknown[][] | undefined): string[] | undefined => rows?.map((row) => JSON.stringify(row)).sort()

const contentOf = ({ transactionCount, grandMinor, tenders, taxes }: TillTotals): string =>
  JSON.stringify({
    transactionCount,
    grandMinor,
    tenders: asSet(tenders?.map(({ kind, amountMinor, count }) => [kind, amountMinor, count])),
    taxes: asSet(taxes?.map(({ code, taxMinor }) => [code, taxMinor])),
  })

export const sameTillTotals = (a: TillTotals, b: TillTotals): boolean => contentOf(a) === contentOf(b)
