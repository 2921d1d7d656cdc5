/**
 * Intake's decisions, pure. A batch continues its stream, repeats part of it, or leaves a gap; each new record is read
 * by its kind and judged. What is wrong with a record never stops the ones after it.
 *
 *   batch ─ placeBatch ─▶ gap | { resent, fresh } ─ judgeRecord each ─▶ Judged ─ settleKeys ─▶ verdicts
 */
import type { z } from 'zod'
import { dayClosePayloadSchema, type DayCloseStatement, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import {
  chainText,
  conflictPayloadSchema,
  quarantinePayloadSchema,
  type TidelineRecord,
  transactionPayloadSchema,
} from '#sync/contract/record.ts'
import { priceOverrideKeyOf, priceOverrideSchema } from '#sync/contract/price-override.ts'
import { stockDocumentKeyOf, stockDocumentSchema } from '#sync/contract/stock-document.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import { isTransaction } from './compiled-shape.ts'
import { type ReceivedRecord, wordIssues } from './received-batch.ts'

/** Where the hub stands in one device incarnation's stream. */
export interface StreamPosition {
  ackedSeq: number
  headHash: string
}

export type Placement =
  | { place: 'gap'; expectedSeq: number }
  | { place: 'follows'; resent: readonly ReceivedRecord[]; fresh: readonly ReceivedRecord[] }

/** Records of one batch are consecutive; a hole inside is a gap like one before. Nothing of a batch with a gap is taken. */
export const placeBatch = (position: StreamPosition, records: readonly ReceivedRecord[]): Placement => {
  const first = records[0]?.seq ?? position.ackedSeq + 1
  const consecutive = records.every((record, index) => record.seq === first + index)
  if (!consecutive || first > position.ackedSeq + 1) return { place: 'gap', expectedSeq: position.ackedSeq + 1 }
  const resentCount = Math.min(records.length, position.ackedSeq + 1 - first)
  return { place: 'follows', resent: records.slice(0, resentCount), fresh: records.slice(resentCount) }
}

/** One new record, judged by itself. `naturalKey` is set where the record claims one; whether it is free, the log decides. */
export interface Judged {
  record: ReceivedRecord
  hash: string
  naturalKey: string | null
  verdict: 'accepted' | 'quarantined'
  reason: string | null
}

export type Sha256Hex = (text: string) => string

/**
 * Judges fresh records in order; `hashes` are their chain hashes where those were computed from the payloads. The chain goes on from each
 * record as received, so one break is reported once.
 */
export const judgeRecords = (
  fresh: readonly ReceivedRecord[],
  headHash: string,
  storeId: string,
  sha256: Sha256Hex,
  hashes?: readonly string[],
): Judged[] => {
  let head = headHash
  return fresh.map((record, index) => {
    const judged = judgeRecord(record, head, storeId, sha256, hashes?.[index])
    head = judged.hash
    return judged
  })
}

const judgeRecord = (record: ReceivedRecord, head: string, storeId: string, sha256: Sha256Hex, computed?: string): Judged => {
  const hash = computed ?? sha256(chainText(record))
  if ('flaw' in record) {
    const reason = linkFlaw(record, head, `; besides, ${record.flaw}`) ?? reasonText('INVALID', record.flaw)
    return { record, hash, naturalKey: null, verdict: 'quarantined', reason }
  }
  const read = readPayload(record, storeId)
  const flaw = (computed === undefined ? payloadFlaw(record, sha256) : null) ?? linkFlaw(record, head) ?? read.flaw
  return { record, hash, naturalKey: read.naturalKey, verdict: flaw ? 'quarantined' : 'accepted', reason: flaw }
}

const reasonText = (code: ErrorCode, message: string): string => `${code}: ${message}`.slice(0, 1_000)

const payloadFlaw = (record: TidelineRecord, sha256: Sha256Hex): string | null =>
  sha256(record.payload) === record.payloadHash
    ? null
    : reasonText('BROKEN_CHAIN', 'the payload does not have the hash that the record names')

const linkFlaw = (record: ReceivedRecord, head: string, more = ''): string | null =>
  record.previousHash === head
    ? null
    : reasonText('BROKEN_CHAIN', `the record follows ${record.previousHash}, the hub holds ${head}${more}`)

type PayloadReading = { naturalKey: string | null; flaw: string | null }

const readPayload = (record: TidelineRecord, storeId: string): PayloadReading => {
  // PostgreSQL's text cannot hold NUL, and no JSON text contains one.
  if (record.payload.includes('\u0000'))
    return { naturalKey: null, flaw: reasonText('MALFORMED', 'the payload contains NUL; kept with \u2400 in its place') }
  const json = parseJson(record.payload)
  if (json === undefined) return { naturalKey: null, flaw: reasonText('MALFORMED', 'the payload is not JSON') }
  switch (record.kind) {
    case 'transaction': {
      const parsed = isTransaction(json) ? { success: true as const, data: json } : transactionPayloadSchema.safeParse(json)
      if (!parsed.success) return { naturalKey: null, flaw: invalid(parsed.error) }
      const foreign = wrongStore(parsed.data.storeId, storeId)
      return { naturalKey: foreign ? null : naturalKeyOf(parsed.data), flaw: foreign }
    }
    case 'conflict': {
      const parsed = conflictPayloadSchema.safeParse(json)
      return { naturalKey: null, flaw: parsed.success ? wrongStore(parsed.data.transaction.storeId, storeId) : invalid(parsed.error) }
    }
    case 'day-close': {
      const parsed = readDayClose(json)
      return { naturalKey: null, flaw: typeof parsed === 'string' ? parsed : wrongStore(parsed.storeId, storeId) }
    }
    case 'exception': {
      const parsed = storeExceptionSchema.safeParse(json)
      return { naturalKey: null, flaw: parsed.success ? null : invalid(parsed.error) }
    }
    case 'stock-document': {
      const parsed = stockDocumentSchema.safeParse(json)
      if (!parsed.success) return { naturalKey: null, flaw: invalid(parsed.error) }
      const foreign = wrongStore(parsed.data.storeId, storeId)
      return { naturalKey: foreign ? null : stockDocumentKeyOf(parsed.data), flaw: foreign }
    }
    case 'price-override': {
      const parsed = priceOverrideSchema.safeParse(json)
      if (!parsed.success) return { naturalKey: null, flaw: invalid(parsed.error) }
      const foreign = wrongStore(parsed.data.storeId, storeId)
      return { naturalKey: foreign ? null : priceOverrideKeyOf(parsed.data), flaw: foreign }
    }
    case 'quarantine': {
      const parsed = quarantinePayloadSchema.safeParse(json)
      return { naturalKey: null, flaw: parsed.success ? null : invalid(parsed.error) }
    }
  }
}

const readDayClose = (json: unknown): DayCloseStatement | string => {
  const payload = dayClosePayloadSchema.safeParse(json)
  if (!payload.success) return invalid(payload.error)
  const statement = dayCloseStatementSchema.safeParse(parseJson(payload.data.statement))
  return statement.success ? statement.data : invalid(statement.error)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const invalid = (error: z.ZodError): string => reasonText('INVALID', wordIssues(error))

const wrongStore = (named: string, own: string): string | null =>
  named === own ? null : reasonText('WRONG_STORE', `the transaction names store ${named}, the device belongs to ${own}`)

/** The record that holds a natural key. */
export interface KeyHolder {
  recordId: string
  payloadHash: string
}

/** The verdict on a record whose natural key another one holds [CAP5] [CAP6]. */
export const settleKey = (payloadHash: string, naturalKey: string, holder: KeyHolder): Pick<Verdict, 'verdict' | 'reason'> =>
  payloadHash === holder.payloadHash
    ? { verdict: 'duplicate', reason: `same content as ${holder.recordId}` }
    : { verdict: 'conflict', reason: reasonText('KEY_CONFLICT', `${naturalKey} is held by ${holder.recordId} with other content`) }
