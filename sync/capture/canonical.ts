/** The last step of every dialect: bounds of the contract, store and currency of this agent, unique line numbers. */
import type { Reason } from '../contract/record.ts'
import { canonicalText, type Transaction, transactionSchema } from '../contract/transaction.ts'
import { type CaptureHints, reasonOf } from './captured-item.ts'
import { isPlainTransaction } from './plain-shape.ts'

export type CanonicalResult = { ok: true; transaction: Transaction } | { ok: false; reasons: Reason[] }

const maxLineNumber = 1_000_000

/** `where` names the transaction within its document; reasons add the field. */
export const toCanonical = (candidate: unknown, hints: CaptureHints, where: string): CanonicalResult => {
  if (isPlainTransaction(candidate)) return judged(candidate, refusals(candidate, hints, where))
  const parsed = transactionSchema.safeParse(candidate)
  if (!parsed.success) {
    return {
      ok: false,
      reasons: parsed.error.issues.slice(0, 50).map((issue) => {
        const path = issue.path.join('.')
        return reasonOf(
          path === 'currency' ? 'WRONG_CURRENCY' : 'INVALID',
          path === '' ? issue.message : `${path}: ${issue.message}`,
          where,
        )
      }),
    }
  }
  return judged(parsed.data, [...nulRefusals(parsed.data, where), ...refusals(parsed.data, hints, where)])
}

const judged = (transaction: Transaction, reasons: Reason[]): CanonicalResult =>
  reasons.length > 0 ? { ok: false, reasons } : { ok: true, transaction }

const nulRefusals = (transaction: Transaction, where: string): Reason[] => {
  const text = canonicalText(transaction)
  // The escape is looked for plainly first: nearly no text holds it.
  return text.includes('\\u0000') && /(?<!\\)(?:\\\\)*\\u0000/.test(text)
    ? [reasonOf('INVALID', 'a text holds the character NUL', where)]
    : []
}

const refusals = (transaction: Transaction, hints: CaptureHints, where: string): Reason[] => {
  const reasons: Reason[] = []
  if (transaction.storeId !== hints.storeId)
    reasons.push(reasonOf('WRONG_STORE', `storeId: "${transaction.storeId}" is not this agent's store "${hints.storeId}"`, where))
  if (transaction.currency !== hints.currency)
    reasons.push(reasonOf('WRONG_CURRENCY', `currency: ${transaction.currency} is not the store's ${hints.currency}`, where))
  if (!isNumberedUpwards(transaction)) reasons.push(...lineNumberRefusals(transaction, where))
  for (const [index, tender] of transaction.tenders.entries())
    if (tender.lineNumber > maxLineNumber)
      reasons.push(reasonOf('INVALID', `tenders.${index}.lineNumber: ${tender.lineNumber} is above ${maxLineNumber}`, where))
  return reasons
}

/** As nearly all are: then no number is used twice. */
const isNumberedUpwards = ({ lineItems }: Transaction): boolean => {
  let last = 0
  for (let at = 0; at < lineItems.length; at += 1) {
    const { lineNumber } = lineItems[at] as Transaction['lineItems'][number]
    if (lineNumber <= last || lineNumber > maxLineNumber) return false
    last = lineNumber
  }
  return true
}

const lineNumberRefusals = ({ lineItems }: Transaction, where: string): Reason[] => {
  const seen = new Set<number>()
  return lineItems.flatMap(({ lineNumber }, index) => {
    const problem = seen.has(lineNumber) ? 'used twice' : lineNumber > maxLineNumber ? `above ${maxLineNumber}` : null
    seen.add(lineNumber)
    return problem ? [reasonOf('INVALID', `lineItems.${index}.lineNumber: ${lineNumber} is ${problem}`, where)] : []
  })
}
