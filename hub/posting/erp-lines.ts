/**
 * A receipt as lines for an ERP: what counts, with the checks that ERPs leave out. Pure.
 * The sum of the lines may miss the receipt's total by cash rounding; anything more is for a person.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import type { PostOutcome } from './connector.ts'
import { amountText } from './decimal.ts'

export interface ErpLine {
  lineNumber: number
  itemId: string | undefined
  barcode: string | undefined
  description: string
  /** Never zero; negative for returned goods. */
  quantityMilli: number
  /** What the line adds to the receipt. Its sign follows the quantity, or it is zero. */
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

export const erpLinesOf = (transaction: Transaction): ErpLines => {
  const { currency, totals, taxes } = transaction
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
  const taxIncluded = taxes.every((tax) => tax.inclusive)
  if (!taxIncluded && taxes.some((tax) => tax.inclusive))
    return rejected('DOES_NOT_ADD_UP', 'Some taxes are contained in the prices and some are added.')
  const sumMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0) + (taxIncluded ? 0 : totals.taxMinor)
  const roundingMinor = totals.grandMinor - sumMinor
  if (Math.abs(roundingMinor) > cashRoundingLimitMinor)
    return rejected(
      'DOES_NOT_ADD_UP',
      `The lines come to ${amountText(sumMinor, currency)}, the receipt says ${amountText(totals.grandMinor, currency)}.`,
    )
  return { outcome: 'lines', lines, taxIncluded, roundingMinor }
}
