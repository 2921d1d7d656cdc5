/**
 * A record: everything that leaves a store, in one numbered sequence per journal.
 *
 *   identity  deviceId : incarnation : seq     given by the journal's single writer, gapless
 *   chain     hash(n) covers header(n), payloadHash(n) and hash(n-1); the first links to 64 zeros
 *
 * `hash` itself does not travel: both ends compute it as SHA-256 of `chainText`.
 */
import { z } from 'zod'
import { sequenceNumberSchema, transactionSchema } from './transaction.ts'
import {
  businessDaySchema,
  deviceIdSchema,
  incarnationSchema,
  instantSchema,
  seqSchema,
  sha256Schema,
  workstationIdSchema,
} from './vocabulary.ts'

export const recordKinds = ['transaction', 'conflict', 'quarantine', 'day-close', 'exception', 'stock-document', 'price-override'] as const

export const recordSchema = z.strictObject({
  deviceId: deviceIdSchema,
  incarnation: incarnationSchema,
  seq: seqSchema,
  kind: z.enum(recordKinds),
  /** The agent's wall clock, for people; nothing is ordered by it. */
  capturedAt: instantSchema,
  /** JSON text, hashed byte for byte. Its shape follows `kind`; see the payload schemas below. */
  payload: z.string().min(2).max(400_000),
  payloadHash: sha256Schema,
  previousHash: sha256Schema,
})
export type TidelineRecord = z.infer<typeof recordSchema>

/** kind `transaction`: the canonical transaction itself. */
export const transactionPayloadSchema = transactionSchema

/** kind `conflict`: a natural key taken already, with other content. Both are kept. */
export const conflictPayloadSchema = z.strictObject({
  firstRecordId: z.string(),
  transaction: transactionSchema,
})
export type ConflictPayload = z.infer<typeof conflictPayloadSchema>

export const claimedNumberSchema = z.strictObject({
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  sequenceNumber: sequenceNumberSchema,
})
export type ClaimedNumber = z.infer<typeof claimedNumberSchema>

/** kind `quarantine`: what could not be understood. The whole input stays in the store's quarantine folder under `contentHash`. */
export const quarantinePayloadSchema = z.strictObject({
  source: z.string().max(300),
  reasons: z
    .array(z.strictObject({ code: z.string().max(64), message: z.string().max(1000), where: z.string().max(300).optional() }))
    .min(1)
    .max(50),
  contentHash: sha256Schema,
  sizeBytes: z.int().min(0),
  excerpt: z.string().max(4_000),
  /** The number that the input bears, where so much could be read: it explains a gap in the till's sequence. */
  claimed: claimedNumberSchema.optional(),
})
export type QuarantinePayload = z.infer<typeof quarantinePayloadSchema>
export type Reason = QuarantinePayload['reasons'][number]

export const recordIdOf = (r: { deviceId: string; incarnation: string; seq: number }): string => `${r.deviceId}:${r.incarnation}:${r.seq}`

export const genesisHash = sha256Schema.parse('0'.repeat(64))

/** What of a record is hashed into its chain, also of one whose kind or time is outside the contract. */
export type ChainedFields = { [F in keyof Omit<TidelineRecord, 'payload'>]: TidelineRecord[F] extends number ? number : string }

/** The text whose SHA-256 is the record's chain hash. */
export const chainText = (r: ChainedFields): string =>
  `${r.deviceId}:${r.incarnation}:${r.seq}\n${r.kind}\n${r.capturedAt}\n${r.payloadHash}\n${r.previousHash}`
