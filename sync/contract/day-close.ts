/**
 * The close of a business day: what the store holds of it, said once and signed, so that anybody can check later that nothing was taken
 * away. Each close covers all workstations of the day as they stand then; a later one takes the place of an earlier one.
 * docs/certificate.md describes how to check it without our software.
 */
import { z } from 'zod'
import { sequenceNumberSchema, tenderKinds, tillTotalsSchema, transactionKinds } from './transaction.ts'
import {
  businessDaySchema,
  currencySchema,
  deviceIdSchema,
  incarnationSchema,
  instantSchema,
  seqSchema,
  sha256Schema,
  storeIdSchema,
  workstationIdSchema,
} from './vocabulary.ts'

/** The agent's own totals of one workstation's day. Suspended, cancelled and training transactions are counted by kind alone. */
export const dayTotalsSchema = z.strictObject({
  /** Settled ones: sale, return, exchange, post-void. */
  transactionCount: z.int().min(0),
  grandMinor: z.int(),
  kinds: z.array(z.strictObject({ kind: z.enum(transactionKinds), count: z.int().min(1), grandMinor: z.int() })),
  /** Change alone counts as no tender. */
  tenders: z.array(z.strictObject({ kind: z.enum(tenderKinds), count: z.int().min(0), amountMinor: z.int() })),
  taxes: z.array(z.strictObject({ code: z.string(), count: z.int().min(1), taxMinor: z.int() })),
})
export type DayTotals = z.infer<typeof dayTotalsSchema>

/** From and to, both inclusive. */
export const numberRangeSchema = z.strictObject({ from: sequenceNumberSchema, to: sequenceNumberSchema })
export type NumberRange = z.infer<typeof numberRangeSchema>

/** Sequence numbers of one workstation's day: all between `first` and `last` are seen, explained or missing. */
export const dayLedgerSchema = z.strictObject({
  first: sequenceNumberSchema.optional(),
  last: sequenceNumberSchema.optional(),
  /** Numbers that a record bears, the explained ones of the next field included. */
  seen: z.int().min(0),
  /** Seen, but neither goods nor money; or known to exist from quarantine alone. */
  explained: z.strictObject({
    suspended: z.int().min(0),
    cancelled: z.int().min(0),
    training: z.int().min(0),
    quarantined: z.int().min(0),
  }),
  /** The till's counter began again: the numbers between were never given. */
  rolledOver: z.array(numberRangeSchema),
  missing: z.array(numberRangeSchema),
})
export type DayLedger = z.infer<typeof dayLedgerSchema>

/** Till and agent do not say the same of one measure; minor units, or a count. */
export const closeDifferenceSchema = z.strictObject({
  measure: z.enum(['transactions', 'grand', 'tender', 'tender-count', 'tax']),
  /** Tender kind or tax code; empty where the measure needs none. */
  key: z.string(),
  till: z.int(),
  agent: z.int(),
})
export type CloseDifference = z.infer<typeof closeDifferenceSchema>

export const dayCloseStatementSchema = z.strictObject({
  format: z.literal('tideline-day-close/1'),
  storeId: storeIdSchema,
  deviceId: deviceIdSchema,
  /** SPKI DER, base64url; the hub has the same one from enrolment. */
  publicKey: z.string().max(200),
  businessDay: businessDaySchema,
  currency: currencySchema,
  closedAt: instantSchema,
  chain: z.strictObject({
    incarnation: incarnationSchema,
    /** The day's first record in this life, and the hash that it follows. */
    firstSeq: seqSchema,
    previousHash: sha256Schema,
    /** The record right before the one that carries this statement. */
    headSeq: z.int().min(0),
    headHash: sha256Schema,
  }),
  workstations: z.array(
    z.strictObject({
      workstationId: workstationIdSchema,
      ledger: dayLedgerSchema,
      totals: dayTotalsSchema,
      /** The till's own, where it gave them. */
      tillTotals: tillTotalsSchema.optional(),
      differences: z.array(closeDifferenceSchema),
    }),
  ),
})
export type DayCloseStatement = z.infer<typeof dayCloseStatementSchema>

/** kind `day-close`. `statement` is JSON text of the schema above, signed byte for byte. */
export const dayClosePayloadSchema = z.strictObject({
  statement: z.string().max(390_000),
  /** Ed25519 over `dayCloseText(statement)`, base64url. */
  signature: z.string().max(200),
})
export type DayClosePayload = z.infer<typeof dayClosePayloadSchema>

/** What the device's key signs: a first line that no other signed text of ours has, then the statement. */
export const dayCloseText = (statement: string): string => `tideline day-close\n${statement}`
