/** Messages from hub to store: pushed, unacknowledged; losing one costs only time. */
import { z } from 'zod'
import { diagnosticsRequestIdSchema } from './diagnostics.ts'
import { errorCodeNames } from './error-codes.ts'
import { feedEntrySchema, feedNameSchema } from './feed.ts'
import { creditSchema } from './up.ts'
import { checkpointSchema, hubEpochSchema } from './vocabulary.ts'

/** First after connecting: sign this nonce in `hello`. */
export const challengeSchema = z.strictObject({ nonce: z.string().min(16).max(128) })

/** All that the feed has between two checkpoints, and where the other feeds of its group stood at that moment, where that was looked up. */
export const feedNewsSchema = z.strictObject({
  after: checkpointSchema,
  checkpoint: checkpointSchema,
  entries: z.array(feedEntrySchema).min(1).max(50),
  epoch: hubEpochSchema,
  beside: z.array(z.strictObject({ feed: feedNameSchema, checkpoint: checkpointSchema })).max(4),
})
export type FeedNews = z.infer<typeof feedNewsSchema>

/**
 * "This feed has something new": the store pulls when it is ready. Since protocol 4 a little news may come along: who stands at or behind
 * its `after`, and before its `checkpoint`, has all of it; anybody else pulls.
 */
export const pokeSchema = z.strictObject({ feed: feedNameSchema, news: feedNewsSchema.optional() })

/** The hub ends the session and says why; the agent shows it. */
export const dismissSchema = z.strictObject({
  code: z.enum(errorCodeNames),
  message: z.string(),
  retryAfterMs: z.int().min(0).max(3_600_000).optional(),
})

/** Since protocol 3: the hub wants something of the agent now. */
export const askSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('report') }),
  z.strictObject({ what: z.literal('compare') }),
  z.strictObject({ what: z.literal('sync-now') }),
  /** A support bundle; the store's manager decides. `reason` is shown to them. */
  z.strictObject({ what: z.literal('diagnostics'), requestId: diagnosticsRequestIdSchema, reason: z.string().max(500) }),
])
export type Ask = z.infer<typeof askSchema>

export const downMessages = {
  ...{ challenge: challengeSchema, poke: pokeSchema, dismiss: dismissSchema },
  ...{ ask: askSchema, credit: creditSchema },
} as const
export type DownEvent = keyof typeof downMessages
export type DownMessage<E extends DownEvent> = z.infer<(typeof downMessages)[E]>
