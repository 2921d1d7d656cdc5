/**
 * What of a record counts for completeness. Read loosely: a record of another version still has its number, and one that cannot be
 * read counts for nothing and stops nothing.
 */
import { z } from 'zod'
import { type DayCloseStatement, dayClosePayloadSchema, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import { claimedNumberSchema, type ClaimedNumber, type TidelineRecord } from '#sync/contract/record.ts'
import { type StoreException, storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { sequenceNumberSchema, tenderKinds, tillTotalsSchema, transactionKinds } from '#sync/contract/transaction.ts'
import { businessDaySchema, currencySchema, workstationIdSchema } from '#sync/contract/vocabulary.ts'

const countedTransactionSchema = z.object({
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  sequenceNumber: sequenceNumberSchema,
  kind: z.enum(transactionKinds),
  endedAt: z.string(),
  tenders: z.array(z.object({ kind: z.enum(tenderKinds), amountMinor: z.int(), voided: z.boolean(), lineNumber: z.int() })),
  taxes: z.array(z.object({ code: z.string(), taxMinor: z.int(), taxableMinor: z.int(), inclusive: z.boolean() })),
  totals: z.object({ netMinor: z.int(), taxMinor: z.int(), grandMinor: z.int(), roundingMinor: z.int().optional().catch(undefined) }),
  tillTotals: tillTotalsSchema.optional(),
  /** For adding up the receipt alone: what cannot be read of these takes nothing from the rest. */
  currency: currencySchema.optional().catch(undefined),
  lineItems: z
    .array(z.object({ amountMinor: z.int(), voided: z.boolean() }))
    .optional()
    .catch(undefined),
  discounts: z
    .array(z.object({ amountMinor: z.int() }))
    .optional()
    .catch(undefined),
})
export type CountedTransaction = z.infer<typeof countedTransactionSchema>

const conflictSchema = z.object({ firstRecordId: z.string().max(100).optional().catch(undefined), transaction: countedTransactionSchema })
const quarantineSchema = z.object({ claimed: claimedNumberSchema.optional() })

export type CountedRecord =
  | { kind: 'transaction'; transaction: CountedTransaction }
  | { kind: 'conflict'; transaction: CountedTransaction; firstRecordId?: string | undefined }
  | { kind: 'claim'; claimed: ClaimedNumber }
  | { kind: 'day-close'; statement: DayCloseStatement }
  | { kind: 'exception'; exception: StoreException }

/** Null for what counts for nothing. */
export const readCounted = ({ kind, payload }: Pick<TidelineRecord, 'kind' | 'payload'>): CountedRecord | null => {
  try {
    const content: unknown = JSON.parse(payload)
    switch (kind) {
      case 'transaction':
        return { kind, transaction: countedTransactionSchema.parse(content) }
      case 'conflict':
        return { kind, ...conflictSchema.parse(content) }
      case 'quarantine': {
        const { claimed } = quarantineSchema.parse(content)
        return claimed ? { kind: 'claim', claimed } : null
      }
      case 'day-close':
        return { kind, statement: dayCloseStatementSchema.parse(JSON.parse(dayClosePayloadSchema.parse(content).statement)) }
      case 'exception':
        return { kind, exception: storeExceptionSchema.parse(content) }
      default:
        return null
    }
  } catch {
    return null
  }
}

/** The business day that a record is about, where it is about one. */
export const dayOf = (record: CountedRecord): string | undefined => {
  switch (record.kind) {
    case 'transaction':
    case 'conflict':
      return record.transaction.businessDay
    case 'claim':
      return record.claimed.businessDay
    case 'day-close':
      return record.statement.businessDay
    case 'exception':
      return record.exception.businessDay
  }
}
