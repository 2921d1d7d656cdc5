/** A transaction while its rows come in: what each row adds, and what was wrong with any of them. */
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Reason } from '../../contract/record.ts'
import type { LineItem, ReceiptDiscount, Reference, Tax, Tender, Transaction } from '../../contract/transaction.ts'
import { reasonOf } from '../captured-item.ts'
import type { RowRule } from './mapping.ts'

/** Read from the row that begins the transaction, of whatever shape: the contract's schema has the last word. */
export interface DraftHeader {
  storeId?: string | undefined
  workstationId?: string | undefined
  businessDay?: string | undefined
  sequenceNumber?: number | undefined
  kind?: Transaction['kind'] | undefined
  endedAt?: string | undefined
  operatorId?: string | undefined
  currency?: string | undefined
  reason?: string | undefined
  net?: number | undefined
  tax?: number | undefined
  grand?: number | undefined
  rounding?: number | undefined
  extensions: Record<string, string>
}

/** Ids and references are still plain text: the schema brands them. */
export type DraftLine = Omit<LineItem, 'itemId' | 'barcode' | 'original'> & { itemId?: string; barcode?: string; original?: DraftReference }
export type DraftTender = Omit<Tender, 'foreign'> & { foreign?: { currency: string | undefined; amountMinor: number | undefined } }
export type DraftReference = { [Field in keyof Reference]?: string | number }

export interface Draft {
  where: string
  header: DraftHeader
  lines: DraftLine[]
  tenders: DraftTender[]
  taxes: Tax[]
  discounts: ReceiptDiscount[]
  references: DraftReference[]
  reasons: Reason[]
  raw: string
  rows: number
  /** Rules that count once, and have. */
  done: Set<RowRule>
}

const maxRaw = 400_000
const maxReasons = 50
export const maxRows = 12_000

export const createDraft = (where: string): Draft => ({
  where,
  header: { extensions: {} },
  lines: [],
  tenders: [],
  taxes: [],
  discounts: [],
  references: [],
  reasons: [],
  raw: '',
  rows: 0,
  done: new Set(),
})

export const reportTo =
  (draft: Draft) =>
  (code: ErrorCode, message: string): void => {
    if (draft.reasons.length < maxReasons) draft.reasons.push(reasonOf(code, message, draft.where))
  }

export const keepRaw = (draft: Draft, raw: string): void => {
  if (draft.raw.length < maxRaw) draft.raw += draft.raw === '' ? raw : `\n${raw}`
}
