/**
 * Feeds: numbered documents from hub to store. A feed's checkpoint grows in commit order, so "all after N" misses nothing.
 * Only a document's newest version is kept: a store three weeks away receives the latest one once.
 */
import { z } from 'zod'
import { assortmentEntrySchema, itemSchema, postingStateSchema, priceSchema, storeSettingsSchema } from './catalogue.ts'
import { syncSettingsSchema } from './traffic.ts'
import { checkpointSchema } from './vocabulary.ts'

export const feedNames = ['items', 'prices', 'assortment', 'settings', 'postings'] as const
export const feedNameSchema = z.enum(feedNames)
export type FeedName = z.infer<typeof feedNameSchema>

/** Feeds of one group change together, and are shown to tills together. */
export const feedGroups: readonly (readonly FeedName[])[] = [['settings'], ['items', 'prices', 'assortment'], ['postings']]
export const feedGroupOf = (feed: FeedName): readonly FeedName[] => feedGroups.find((group) => group.includes(feed)) ?? [feed]

/** The document that each feed carries. */
export const feedDocumentSchemas = {
  items: itemSchema,
  prices: priceSchema,
  assortment: assortmentEntrySchema,
  /** Who the store is, and how it talks to the centre; an agent that knows only the first sets the other aside. */
  settings: z.union([storeSettingsSchema, syncSettingsSchema]),
  postings: postingStateSchema,
} as const
export type FeedDocument<F extends FeedName> = z.infer<(typeof feedDocumentSchemas)[F]>

/** Identity of a document within its feed. */
export const feedDocumentIds: { [F in FeedName]: (document: FeedDocument<F>) => string } = {
  items: (d) => d.itemId,
  prices: (d) => d.priceId,
  assortment: (d) => d.itemId,
  settings: (d) => ('kind' in d ? `sync:${d.storeId}` : d.storeId),
  postings: (d) => d.naturalKey,
}

/** `document` is JSON of the feed's own shape; one that does not parse is parked by the store, never blocks the feed. */
export const feedEntrySchema = z.strictObject({
  id: z.string().min(1).max(200),
  checkpoint: checkpointSchema,
  deleted: z.boolean(),
  document: z.unknown(),
})
export type FeedEntry = z.infer<typeof feedEntrySchema>
