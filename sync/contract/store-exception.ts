/**
 * kind `exception`: something that the store's agent itself found wrong and a person must look at. The same `exceptionId` comes again
 * when its state changes; the newest record counts.
 */
import { z } from 'zod'
import { sequenceNumberSchema } from './transaction.ts'
import { amountMinorSchema, businessDaySchema, currencySchema, workstationIdSchema } from './vocabulary.ts'

/**
 * MISSING_NUMBER      a till's sequence has a hole that nothing explains
 * DAY_CLOSE_DIFFERS   the till's own totals and the agent's are not the same
 * SOURCES_DIFFER      two sources report one till and do not say the same
 * JOURNAL_DAMAGED     a part of the journal could not be read; what it held is named
 */
export const storeExceptionKinds = ['MISSING_NUMBER', 'DAY_CLOSE_DIFFERS', 'SOURCES_DIFFER', 'JOURNAL_DAMAGED'] as const
export type StoreExceptionKind = (typeof storeExceptionKinds)[number]

export const storeExceptionSchema = z.strictObject({
  /** `KIND:what it is about`, the same each time. */
  exceptionId: z.string().min(1).max(300),
  kind: z.enum(storeExceptionKinds),
  /** `resolved`: what was wrong has ended by itself, as when a missing number arrives after all. */
  state: z.enum(['open', 'resolved']),
  /** Whole sentences, for a store manager. */
  message: z.string().min(1).max(1_000),
  workstationId: workstationIdSchema.optional(),
  businessDay: businessDaySchema.optional(),
  sequenceNumber: sequenceNumberSchema.optional(),
  amountMinor: amountMinorSchema.optional(),
  currency: currencySchema.optional(),
  /** The records it is about. */
  recordIds: z.array(z.string().max(100)).max(20).optional(),
})
export type StoreException = z.infer<typeof storeExceptionSchema>
