/** What a dialect makes of one transaction in a document: the canonical form, or the reasons why there is none. */
import type { ErrorCode } from '../contract/error-codes.ts'
import type { ClaimedNumber, Reason } from '../contract/record.ts'
import type { Transaction } from '../contract/transaction.ts'
import type { Currency, StoreId } from '../contract/vocabulary.ts'
import type { DelimitedMapping } from './delimited/mapping.ts'

export interface CaptureHints {
  contentType?: string
  fileName?: string
  storeId: StoreId
  currency: Currency
  /** IANA name; times without an offset are read in it. */
  timeZone: string
  /** Of delimited files; the first whose file names fit is the one. */
  mappings?: readonly DelimitedMapping[]
}

export type CapturedItem =
  | { outcome: 'transaction'; transaction: Transaction; warnings: Reason[]; where: string }
  /** `where` names the place in the document, the same one each time the same document comes. `raw` is the whole faulty part. */
  | { outcome: 'quarantined'; reasons: Reason[]; excerpt: string; where: string; raw: string; claimed?: ClaimedNumber }

const maxReasons = 50
const maxExcerpt = 4_000

export const reasonOf = (code: ErrorCode, message: string, where?: string): Reason => ({
  code,
  message: wellFormed(message.slice(0, 1_000)),
  ...(where === undefined ? {} : { where: wellFormed(where.slice(0, 300)) }),
})

export const quarantinedItem = (reasons: Reason[], raw: string, where: string, claimed?: ClaimedNumber): CapturedItem => ({
  outcome: 'quarantined',
  reasons: reasons.slice(0, maxReasons),
  excerpt: wellFormed(raw.slice(0, maxExcerpt)),
  where: wellFormed(where.slice(0, 280)),
  raw,
  ...(claimed === undefined ? {} : { claimed }),
})

/** A cut may halve a surrogate pair, and what cannot be encoded cannot be hashed alike on both ends. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')
