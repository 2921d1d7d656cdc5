/**
 * Which sale a returned line claims to come from [MRG1]: by the line's own reference, else by the receipt's only one. What a till leaves out
 * of it is its own: store and workstation; of a post-void the day as well. A reference that still names no receipt claims nothing.
 */
import { naturalKeyOf, type Reference, type Transaction } from '#sync/contract/transaction.ts'

export interface Original {
  storeId: string
  naturalKey: string
}

export interface ReturnClaim {
  lineNumber: number
  relation: 'return-of' | 'voids'
  original: Original
  /** What the till gave back for the line. */
  amountMinor: number
}

const originalOf = (transaction: Transaction, reference: Reference): Original | undefined => {
  const { storeId = transaction.storeId, workstationId = transaction.workstationId, sequenceNumber } = reference
  const businessDay = reference.businessDay ?? (reference.relation === 'voids' ? transaction.businessDay : undefined)
  if (businessDay === undefined || sequenceNumber === undefined) return undefined
  return { storeId, naturalKey: naturalKeyOf({ storeId, workstationId, businessDay, sequenceNumber }) }
}

/** The receipt's, where it names one alone. */
const onlyOriginal = (transaction: Transaction, relation: Reference['relation']): Original | undefined => {
  const named = (transaction.references ?? [])
    .filter((reference) => reference.relation === relation)
    .map((reference) => originalOf(transaction, reference))
  const [first] = named
  return named.every((each) => each?.naturalKey === first?.naturalKey) ? first : undefined
}

/** A post-void takes every line of a receipt back, sold or returned. */
export const returnClaims = (transaction: Transaction): ReturnClaim[] => {
  const relation = transaction.kind === 'post-void' ? 'voids' : 'return-of'
  const whole = onlyOriginal(transaction, relation)
  return transaction.lineItems.flatMap(({ lineNumber, voided, quantityMilli, amountMinor, original: own }) => {
    if (voided || (relation === 'return-of' && quantityMilli >= 0)) return []
    const original = own?.relation === relation ? originalOf(transaction, own) : whole
    return original ? [{ lineNumber, relation, original, amountMinor: 0 - amountMinor }] : []
  })
}
