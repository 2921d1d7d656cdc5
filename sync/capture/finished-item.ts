/**
 * What every item goes through after its dialect: a character that could not be read costs its transaction (CAP19); a time that the
 * store's clocks showed twice or never (CAP20), and a receipt that does not add up (CAP18), are flagged.
 */
import type { Reason } from '../contract/record.ts'
import { canonicalText, type Transaction } from '../contract/transaction.ts'
import { receiptDifference } from '../core/receipt.ts'
import { readTillTime } from '../core/till-time.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from './captured-item.ts'
import { minorDigits } from './currency.ts'
import { decimalFromInteger } from './decimal.ts'
import { holdsUnreadable, showUnreadable } from './unreadable.ts'

/** `marked`: somewhere in the document was a character that could not be read. */
export const finishItem = (item: CapturedItem, hints: CaptureHints, marked: boolean): CapturedItem => {
  const readable = marked ? refuseUnreadable(item) : item
  if (readable.outcome === 'quarantined') return readable
  const { transaction, where } = readable
  const flags = [timeWarning(transaction, hints.timeZone, where), sumsWarning(transaction, where)].filter((flag) => flag !== null)
  return flags.length > 0 ? { ...readable, warnings: [...readable.warnings, ...flags] } : readable
}

const refuseUnreadable = (item: CapturedItem): CapturedItem => {
  const reason = (where: string): Reason => reasonOf('INVALID', 'a character is not valid in the encoding of the document', where)
  if (item.outcome === 'transaction') {
    const text = canonicalText(item.transaction)
    return holdsUnreadable(text) ? quarantinedItem([reason(item.where)], showUnreadable(text), item.where) : item
  }
  if (![item.raw, item.excerpt, ...item.reasons.map((known) => known.message)].some(holdsUnreadable)) return item
  const reasons = item.reasons.map((known) => ({ ...known, message: showUnreadable(known.message) }))
  return quarantinedItem([...reasons.slice(0, 49), reason(item.where)], showUnreadable(item.raw), item.where, item.claimed)
}

const timeWarning = ({ endedAt }: Transaction, timeZone: string, where: string): Reason | null => {
  const time = readTillTime(endedAt, timeZone)
  if (!time) return reasonOf('INVALID', `endedAt: ${endedAt} is no moment in the time zone "${timeZone}"`, where)
  if (time.certainty === 'repeated')
    return reasonOf('INVALID', `endedAt: the clocks of ${timeZone} showed ${endedAt} twice; the first time is meant`, where)
  if (time.certainty === 'skipped')
    return reasonOf('INVALID', `endedAt: the clocks of ${timeZone} never showed ${endedAt}; it is read as ${time.instant}`, where)
  return null
}

const sumsWarning = (transaction: Transaction, where: string): Reason | null => {
  const difference = receiptDifference(transaction)
  if (!difference) return null
  const { currency } = transaction
  const amount = (minor: number): string => `${decimalFromInteger(minor, minorDigits(currency))} ${currency}`
  const { linesMinor, statedMinor, tenderedMinor, grandMinor } = difference
  const sums = `total ${amount(grandMinor)}, lines ${amount(linesMinor)}, net and tax ${amount(statedMinor)}, tenders ${amount(tenderedMinor)}`
  return reasonOf('DOES_NOT_ADD_UP', `the receipt does not add up: ${sums}`, where)
}
