/** What a dialect makes of one transaction in a document: the canonical form, or the reasons why there is none. */
import type { ErrorCode } from '../contract/error-codes.ts'
import type { Reason } from '../contract/record.ts'
import type { Transaction } from '../contract/transaction.ts'
import type { Currency, StoreId } from '../contract/vocabulary.ts'

export interface CaptureHints {
  contentType?: string
  fileName?: string
  storeId: StoreId
  currency: Currency
}

export type CapturedItem =
  | { outcome: 'transaction'; transaction: Transaction; warnings: Reason[] }
  /** `where` names the place in the document, the same one each time the same document comes. */
  | { outcome: 'quarantined'; reasons: Reason[]; excerpt: string; where: string }

const maxReasons = 50
const maxExcerpt = 4_000

export const reasonOf = (code: ErrorCode, message: string, where?: string): Reason => ({
  code,
  message: wellFormed(message.slice(0, 1_000)),
  ...(where === undefined ? {} : { where: wellFormed(where.slice(0, 300)) }),
})

export const quarantinedItem = (reasons: Reason[], excerpt: string, where: string): CapturedItem => ({
  outcome: 'quarantined',
  reasons: reasons.slice(0, maxReasons),
  excerpt: wellFormed(excerpt.slice(0, maxExcerpt)),
  where: wellFormed(where.slice(0, 280)),
})

/** A cut may halve a surrogate pair, and what cannot be encoded cannot be hashed alike on both ends. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')
