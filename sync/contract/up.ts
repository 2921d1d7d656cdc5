/**
 * Messages from store to hub: one Socket.IO event each, each answered through its acknowledgement.
 *
 *   connect → hub emits `challenge` → `hello` (signed) → welcome → `batch`*, `pull`* and `fetch`*
 */
import { z } from 'zod'
import { errorCodeNames } from './error-codes.ts'
import { feedEntrySchema, feedNameSchema } from './feed.ts'
import { recordSchema } from './record.ts'
import { verdictSchema } from './verdict.ts'
import { checkpointSchema, deviceIdSchema, incarnationSchema, instantSchema, seqSchema, sha256Schema, storeIdSchema } from './vocabulary.ts'

/** Any request may be refused; `retry` follows from the code (error-codes.ts). */
export const refusedSchema = z.strictObject({
  outcome: z.literal('refused'),
  code: z.enum(errorCodeNames),
  message: z.string(),
})

export const helloSchema = z.strictObject({
  protocolVersion: z.int().min(1),
  deviceId: deviceIdSchema,
  incarnation: incarnationSchema,
  /** Ed25519 over `helloText(nonce, deviceId, incarnation)`, base64url. */
  signature: z.string().max(200),
  agentVersion: z.string().max(32),
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
})

export const batchSchema = z.strictObject({
  records: z.array(recordSchema).min(1).max(500),
})
export const batchAcknowledgedSchema = z.strictObject({
  outcome: z.literal('acknowledged'),
  ackedSeq: z.int().min(0),
  /** Verdicts other than `accepted`, of records in this batch. */
  verdicts: z.array(verdictSchema),
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
})
export const pulledSchema = z.strictObject({
  outcome: z.literal('pulled'),
  entries: z.array(feedEntrySchema),
  /** Ask again after this one; `more` says whether there is more already. */
  checkpoint: checkpointSchema,
  more: z.boolean(),
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

/** All that travels up: request and answer by event name. */
export const upMessages = {
  hello: { request: helloSchema, response: z.discriminatedUnion('outcome', [welcomeSchema, refusedSchema]) },
  batch: { request: batchSchema, response: z.discriminatedUnion('outcome', [batchAcknowledgedSchema, batchGapSchema, refusedSchema]) },
  pull: { request: pullSchema, response: z.discriminatedUnion('outcome', [pulledSchema, refusedSchema]) },
  fetch: { request: fetchSchema, response: z.discriminatedUnion('outcome', [fetchedSchema, refusedSchema]) },
} as const

export type UpEvent = keyof typeof upMessages
export type UpRequest<E extends UpEvent> = z.infer<(typeof upMessages)[E]['request']>
export type UpResponse<E extends UpEvent> = z.infer<(typeof upMessages)[E]['response']>
