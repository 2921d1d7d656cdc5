/**
 * Store and hub compare what they have: a business day by count, totals and digest, a feed by the digests of its ranges. Whoever lacks
 * something is given it again.
 *
 *   digest of records   over `payloadHash`
 *   digest of a feed    over the SHA-256 of `feedEntryText` of each entry that is not deleted
 */
import { z } from 'zod'
import type { FeedEntry } from './feed.ts'
import { feedNameSchema } from './feed.ts'
import { businessDaySchema, checkpointSchema, currencySchema, digestSchema, incarnationSchema, seqSchema } from './vocabulary.ts'

const countSchema = z.int().min(0)

/** Both ends included. */
export const spanSchema = z.strictObject({ fromSeq: seqSchema, toSeq: seqSchema })
export type Span = z.infer<typeof spanSchema>

export const dayTotalSchema = z.strictObject({ currency: currencySchema, count: countSchema, grandMinor: z.int() })

/** What one life of a journal holds of a business day: its records of kind transaction. */
export const dayDigestSchema = z.strictObject({
  businessDay: businessDaySchema,
  incarnation: incarnationSchema,
  /** Ascending, apart from each other; they hold the day's transactions and no other record. */
  spans: z.array(spanSchema).min(1).max(500),
  count: countSchema,
  digest: digestSchema,
  totals: z.array(dayTotalSchema).max(20),
})
export type DayDigest = z.infer<typeof dayDigestSchema>

export const compareDaysSchema = z.strictObject({ days: z.array(dayDigestSchema).min(1).max(31) })

/**
 * agrees    the log holds the same records, and what counts there has the same totals
 * waiting   the log holds the same; not all of it is counted yet
 * lacks     the log lacks some of the spans: send them again with `repair`
 * differs   the log holds other records under these numbers, or counts other sums; the hub has raised an exception
 */
export const comparedDaySchema = z.strictObject({
  businessDay: businessDaySchema,
  outcome: z.enum(['agrees', 'waiting', 'lacks', 'differs']),
  /** With `lacks`: what is wanted, at most 500 of them. */
  wanted: z.array(spanSchema).max(500),
})
export type ComparedDay = z.infer<typeof comparedDaySchema>
export const daysComparedSchema = z.strictObject({ outcome: z.literal('compared'), days: z.array(comparedDaySchema).max(31) })

/** (after, through] */
export const feedRangeSchema = z.strictObject({ after: checkpointSchema, through: checkpointSchema })
export const compareFeedSchema = z.strictObject({ feed: feedNameSchema, ranges: z.array(feedRangeSchema).min(1).max(64) })
/** One for each range asked, in order: entries that are not deleted. */
export const feedComparedSchema = z.strictObject({
  outcome: z.literal('compared'),
  ranges: z.array(z.strictObject({ count: countSchema, digest: digestSchema })).max(64),
})

/** JSON text of a document, its keys as the hub wrote them. */
export const feedEntryText = ({ id, checkpoint, document }: Pick<FeedEntry, 'id' | 'checkpoint' | 'document'>): string =>
  `${id}\n${checkpoint}\n${JSON.stringify(document)}`
