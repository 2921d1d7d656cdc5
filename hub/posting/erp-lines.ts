/**
 * A receipt as lines for an ERP: what counts, with the checks that ERPs leave out. Pure.
 * Discounts on the whole receipt are borne by its lines. Where the till states its cash rounding, nothing else may be missing from the
 * receipt's total; where it does not, the lines may miss the total by what cash rounding can come to. Anything more is for a person.
 */
import { must } from '#sync/contract/assert.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import type { PostOutcome } from './connector.ts'
import { amountText } from './decimal.ts'
import { spreadDiscount } from './receipt-discount.ts'

export interface ErpLine {
  lineNumber: number
  itemId: string | undefined
  barcode: string | undefined
  description: string
  /** Never zero; negative for returned goods. */
  quantityMilli: number
  /** What the line adds to the receipt, its share of receipt discounts taken off. Its sign follows the quantity, or it is zero. */
  amountMinor: number
}
export type Rejected = PostOutcome & { outcome: 'rejected' }
export type ErpLines =
  | {
      outcome: 'lines'
      lines: ErpLine[]
      /** Whether the amounts contain the tax. */
      taxIncluded: boolean
      /** What the receipt's total has beyond its lines: cash rounding. */
      roundingMinor: number
    }
  | Rejected

/** Cash is rounded to coins: up to half of the largest smallest coin in use, with room. */
const cashRoundingLimitMinor = 100

export const rejected = (code: Rejected['code'], message: string): Rejected => ({ outcome: 'rejected', code, message })

const fault = (line: ErpLine, currency: string): string | null => {
  if (line.quantityMilli === 0) return `Line ${line.lineNumber} (${line.description}) has no quantity.`
  if (line.amountMinor !== 0 && Math.sign(line.amountMinor) !== Math.sign(line.quantityMilli))
    return `Line ${line.lineNumber} (${line.description}) has quantity ${line.quantityMilli / 1000} but amount ${amountText(line.amountMinor, currency)}.`
  return null
}

const linesOf = (transaction: Transaction): ErpLine[] | Rejected => {
  const { currency, discounts = [] } = transaction
  const lines = transaction.lineItems
    .filter((line) => !line.voided)
    .map(({ lineNumber, itemId, barcode, description, quantityMilli, amountMinor }): ErpLine => ({
      lineNumber,
      itemId,
      barcode,
      description,
      quantityMilli,
      amountMinor,
    }))
  if (lines.length === 0) return rejected('DOES_NOT_ADD_UP', 'The receipt has no lines to post.')
  for (const line of lines) {
    const message = fault(line, currency)
    if (message) return rejected('DOES_NOT_ADD_UP', message)
  }
  const discountMinor = sum(discounts.map((discount) => discount.amountMinor))
  const amounts = spreadDiscount(discountMinor, lines)
  return amounts
    ? lines.map((line, index) => ({ ...line, amountMinor: must(amounts[index], 'an amount for each line') }))
    : rejected('DOES_NOT_ADD_UP', `The receipt takes off ${amountText(discountMinor, currency)}, more than its lines come to.`)
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)

export const erpLinesOf = (transaction: Transaction): ErpLines => {
  const { currency, totals, taxes } = transaction
  const lines = linesOf(transaction)
  if (!Array.isArray(lines)) return lines
  const taxIncluded = taxes.every((tax) => tax.inclusive)
  if (!taxIncluded && taxes.some((tax) => tax.inclusive))
    return rejected('DOES_NOT_ADD_UP', 'Some taxes are contained in the prices and some are added.')
  const sumMinor = sum(lines.map((line) => line.amountMinor)) + (taxIncluded ? 0 : totals.taxMinor)
  const roundingMinor = totals.grandMinor - sumMinor
  const addsUp =
    totals.roundingMinor === undefined ? Math.abs(roundingMinor) <= cashRoundingLimitMinor : roundingMinor === totals.roundingMinor
  if (!addsUp) {
    const rounding = totals.roundingMinor ? `, with a rounding of ${amountText(totals.roundingMinor, currency)}` : ''
    return rejected(
      'DOES_NOT_ADD_UP',
      `The lines come to ${amountText(sumMinor, currency)}${rounding}, the receipt says ${amountText(totals.grandMinor, currency)}.`,
    )
  }
  return { outcome: 'lines', lines, taxIncluded, roundingMinor }
}
