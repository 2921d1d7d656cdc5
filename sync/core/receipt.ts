/**
 * Does a receipt add up? Lines that count, less receipt discounts, plus taxes not contained in them, plus cash rounding, make the grand
 * total; the tenders pay it; net, tax and rounding sum to it. A receipt that does not is taken all the same: the sale happened.
 */
import type { Transaction } from '../contract/transaction.ts'

/** What of a transaction is added up. */
export interface Receipt {
  kind: Transaction['kind']
  lineItems: readonly { amountMinor: number; voided: boolean }[]
  taxes: readonly { taxMinor: number; inclusive: boolean }[]
  tenders: readonly { amountMinor: number; voided: boolean }[]
  totals: { netMinor: number; taxMinor: number; grandMinor: number; roundingMinor?: number | undefined }
  discounts?: readonly { amountMinor: number }[] | undefined
}

export interface ReceiptDifference {
  /** Lines that are not voided, less receipt discounts, plus exclusive taxes and cash rounding. */
  linesMinor: number
  /** Net plus tax plus rounding, as the receipt states them. */
  statedMinor: number
  /** Tenders that are not voided. */
  tenderedMinor: number
  grandMinor: number
}

/** Other kinds move no goods against money, or stopped before they were paid. */
const settledKinds: ReadonlySet<Transaction['kind']> = new Set(['sale', 'return', 'exchange', 'post-void'])

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0)

/** Null when it adds up, or when its kind has nothing to add. */
export const receiptDifference = (receipt: Receipt): ReceiptDifference | null => {
  if (!settledKinds.has(receipt.kind)) return null
  const { lineItems, taxes, tenders, totals, discounts = [] } = receipt
  const rounding = totals.roundingMinor ?? 0
  const lines = sum(lineItems.filter((l) => !l.voided).map((l) => l.amountMinor))
  const difference = {
    linesMinor: lines - sum(discounts.map((d) => d.amountMinor)) + sum(taxes.filter((t) => !t.inclusive).map((t) => t.taxMinor)) + rounding,
    statedMinor: totals.netMinor + totals.taxMinor + rounding,
    tenderedMinor: sum(tenders.filter((t) => !t.voided).map((t) => t.amountMinor)),
    grandMinor: totals.grandMinor,
  }
  const { linesMinor, statedMinor, tenderedMinor, grandMinor } = difference
  return linesMinor === grandMinor && statedMinor === grandMinor && tenderedMinor === grandMinor ? null : difference
}
