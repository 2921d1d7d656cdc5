/**
 * What every item goes through after its dialect: a character that could not be read costs its transaction (CAP19), and a time that
 * the store's clocks showed twice or never is flagged (CAP20).
 */
import type { Reason } from '../contract/record.ts'
import { canonicalText, type Transaction } from '../contract/transaction.ts'
import { readTillTime } from '../core/till-time.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from './captured-item.ts'
import { holdsUnreadable, showUnreadable } from './unreadable.ts'

/** `marked`: somewhere in the document was a character that could not be read. */
export const finishItem = (item: CapturedItem, hints: CaptureHints, marked: boolean): CapturedItem => {
  const readable = marked ? refuseUnreadable(item) : item
  if (readable.outcome === 'quarantined') return readable
  const warning = timeWarning(readable.transaction, hints.timeZone, readable.where)
  return warning ? { ...readable, warnings: [...readable.warnings, warning] } : readable
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
