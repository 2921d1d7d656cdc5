/**
 * Messages from store to hub: one Socket.IO event each, each answered through its acknowledgement.
 *
 *   connect → hub emits `challenge` → `hello` (signed) → welcome → all others, in any order
 *
 * Since protocol 3: epoch, credit, hub time, packed batches and pages, and `report`, `compareDays`, `compareFeed`, `repair`,
 * `diagnostics`. To a peer that speaks 2 none of them is said: fields are left out, and messages are not sent.
 * Since protocol 4: records of the kinds `stock-document` and `price-override`, news that comes with a poke, and terse batches.
 */
import { z } from 'zod'
import { compareDaysSchema, compareFeedSchema, daysComparedSchema, feedComparedSchema } from './comparison.ts'
import { diagnosticsSchema, diagnosticsTakenSchema } from './diagnostics.ts'
import { errorCodeNames } from './error-codes.ts'
import { feedEntrySchema, feedNameSchema } from './feed.ts'
import { packedSchema } from './packed.ts'
import { recordSchema } from './record.ts'
import { reportedSchema, reportSchema } from './report.ts'
import { chainFrameSchema } from './terse-batch.ts'
import { verdictSchema } from './verdict.ts'
import {
  checkpointSchema,
  deviceIdSchema,
  hubEpochSchema,
  incarnationSchema,
  instantSchema,
  seqSchema,
  sha256Schema,
  storeIdSchema,
} from './vocabulary.ts'

/** Any request may be refused; `retry` follows from the code (error-codes.ts). */
export const refusedSchema = z.strictObject({
  outcome: z.literal('refused'),
  code: z.enum(errorCodeNames),
  message: z.string(),
  /** Not before so long; without it, as the code says. */
  retryAfterMs: z.int().min(0).max(3_600_000).optional(),
})

/** How much the hub takes from this store just now. The newest word counts. */
export const creditSchema = z.strictObject({
  /** Batches in flight; 0 with `afterMs`: none before that. */
  batches: z.int().min(0).max(4),
  afterMs: z.int().min(0).max(600_000).optional(),
})
export type Credit = z.infer<typeof creditSchema>

export const helloSchema = z.strictObject({
  protocolVersion: z.int().min(1),
  deviceId: deviceIdSchema,
  incarnation: incarnationSchema,
  /** Ed25519 over `helloText(nonce, deviceId, incarnation)`, base64url. */
  signature: z.string().max(200),
  agentVersion: z.string().max(32),
  /** What the agent remembers of the hub: the epoch, and how far the hub acknowledged this journal in it. */
  remembers: z.strictObject({ epoch: hubEpochSchema, ackedSeq: z.int().min(0) }).optional(),
})
export const helloText = (nonce: string, deviceId: string, incarnation: string): string =>
  `tideline hello\n${nonce}\n${deviceId}\n${incarnation}`

export const welcomeSchema = z.strictObject({
  outcome: z.literal('welcome'),
  protocolVersion: z.int().min(1),
  storeId: storeIdSchema,
  /** The last seq of this incarnation in the hub's log; 0 when it has none. */
  ackedSeq: z.int().min(0),
  /** Chain hash of that record, 64 zeros at 0. */
  headHash: sha256Schema,
  hubTime: instantSchema,
  epoch: hubEpochSchema.optional(),
  credit: creditSchema.optional(),
})

export const batchSchema = z.strictObject({
  records: z.array(recordSchema).min(1).max(500),
})
/** Stands for a `batch` of `count` records from `fromSeq` on. */
export const packedBatchSchema = packedSchema.extend({ fromSeq: seqSchema, count: z.int().min(1).max(500) })
/** The same without what the hub can compute (terse-batch.ts). Refused with BROKEN_CHAIN where its hashes come out otherwise: then in full. */
export const terseBatchSchema = packedBatchSchema.extend(chainFrameSchema.shape)
export const batchAcknowledgedSchema = z.strictObject({
  outcome: z.literal('acknowledged'),
  ackedSeq: z.int().min(0),
  /** Verdicts other than `accepted`, of records in this batch. */
  verdicts: z.array(verdictSchema),
  credit: creditSchema.optional(),
  hubTime: instantSchema.optional(),
})
/** The batch starts after a gap: nothing was taken; send again from `expectedSeq`. */
export const batchGapSchema = z.strictObject({
  outcome: z.literal('gap'),
  expectedSeq: seqSchema,
})

export const pullSchema = z.strictObject({
  feed: feedNameSchema,
  after: checkpointSchema,
  limit: z.int().min(1).max(2_000),
  /** The page may come packed. */
  packed: z.boolean().optional(),
})
export const pulledSchema = z.strictObject({
  outcome: z.literal('pulled'),
  entries: z.array(feedEntrySchema),
  /** Ask again after this one; `more` says whether there is more already. */
  checkpoint: checkpointSchema,
  more: z.boolean(),
  epoch: hubEpochSchema.optional(),
})
/** `pulled`, its entries packed as one JSON array. */
export const pulledPackedSchema = packedSchema.extend({
  outcome: z.literal('packed'),
  checkpoint: checkpointSchema,
  more: z.boolean(),
  epoch: hubEpochSchema,
})

/** A store asks for records of its own that its disk lost; the hub gives those that its log has, ascending, as they were received. */
export const fetchSchema = z.strictObject({
  incarnation: incarnationSchema,
  fromSeq: seqSchema,
  toSeq: seqSchema,
})
export const fetchedSchema = z.strictObject({
  outcome: z.literal('fetched'),
  records: z.array(recordSchema).max(500),
  /** More of the range may follow behind the last record. */
  more: z.boolean(),
})

/** Records that a comparison found wanting, of any life of the device's journal: they are filled in where the log lacks them. */
export const repairSchema = z.strictObject({ records: z.array(recordSchema).min(1).max(500) })
export const repairedSchema = z.strictObject({
  outcome: z.literal('repaired'),
  filledIn: z.int().min(0),
  /** The log had them already. */
  known: z.int().min(0),
  /** The log has others under these numbers; an exception says so. */
  differing: z.array(seqSchema).max(500),
})

const batchAnswerSchema = z.discriminatedUnion('outcome', [batchAcknowledgedSchema, batchGapSchema, refusedSchema])

/** All that travels up: request and answer by event name. */
export const upMessages = {
  hello: { request: helloSchema, response: z.discriminatedUnion('outcome', [welcomeSchema, refusedSchema]) },
  batch: { request: batchSchema, response: batchAnswerSchema },
  pull: { request: pullSchema, response: z.discriminatedUnion('outcome', [pulledSchema, pulledPackedSchema, refusedSchema]) },
  fetch: { request: fetchSchema, response: z.discriminatedUnion('outcome', [fetchedSchema, refusedSchema]) },
  packedBatch: { request: packedBatchSchema, response: batchAnswerSchema },
  terseBatch: { request: terseBatchSchema, response: batchAnswerSchema },
  report: { request: reportSchema, response: z.discriminatedUnion('outcome', [reportedSchema, refusedSchema]) },
  compareDays: { request: compareDaysSchema, response: z.discriminatedUnion('outcome', [daysComparedSchema, refusedSchema]) },
  compareFeed: { request: compareFeedSchema, response: z.discriminatedUnion('outcome', [feedComparedSchema, refusedSchema]) },
  repair: { request: repairSchema, response: z.discriminatedUnion('outcome', [repairedSchema, refusedSchema]) },
  diagnostics: { request: diagnosticsSchema, response: z.discriminatedUnion('outcome', [diagnosticsTakenSchema, refusedSchema]) },
} as const

export type UpEvent = keyof typeof upMessages
export type UpRequest<E extends UpEvent> = z.infer<(typeof upMessages)[E]['request']>
export type UpResponse<E extends UpEvent> = z.infer<(typeof upMessages)[E]['response']>

/** The protocol version that brought a message; those not named are older than any that is still served. */
export const messageSince: Partial<Record<UpEvent, number>> = {
  ...{ fetch: 2, packedBatch: 3, report: 3, compareDays: 3, compareFeed: 3, repair: 3, diagnostics: 3, terseBatch: 4 },
}
