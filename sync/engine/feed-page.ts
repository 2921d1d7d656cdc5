/** Sorts one page of feed entries into what to store, what to delete and what to park; a document that does not parse is parked, never lost. */
import { feedDocumentIds, feedDocumentSchemas, type FeedDocument, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import { isPriceOverrideKey } from '#sync/contract/price-override.ts'
import { parkedFeedId } from '#sync/store/parked-shelf.ts'
import type { FeedDoc, ParkedDoc } from '#sync/store/schemas.ts'

export interface FeedPage {
  docs: FeedDoc[]
  removed: string[]
  parked: ParkedDoc[]
}

const parseDocument = (feed: FeedName, entry: FeedEntry): { document: FeedDocument<FeedName> } | { reason: string } => {
  const parsed = feedDocumentSchemas[feed].safeParse(entry.document)
  if (!parsed.success) return { reason: parsed.error.message }
  const id = (feedDocumentIds[feed] as (d: FeedDocument<FeedName>) => string)(parsed.data)
  // As it came, its keys in the hub's order: comparisons are of its text.
  return id === entry.id ? { document: entry.document as FeedDocument<FeedName> } : { reason: `entry ${entry.id} carries document ${id}` }
}

/** The hub's word on a store's own price is no posting: it is not counted as one. */
const stateOf = (document: FeedDocument<FeedName>): string =>
  'naturalKey' in document && !isPriceOverrideKey(document.naturalKey) ? document.state : ''

export const sortFeedPage = (feed: FeedName, entries: readonly FeedEntry[], receivedAtMs: number): FeedPage => {
  const page: FeedPage = { docs: [], removed: [], parked: [] }
  const newest = new Map(entries.map((entry) => [entry.id, entry]))
  for (const entry of newest.values()) {
    const { id, checkpoint } = entry
    if (entry.deleted) {
      page.removed.push(id)
      continue
    }
    const parsed = parseDocument(feed, entry)
    if ('document' in parsed) page.docs.push({ id, state: stateOf(parsed.document), checkpoint, receivedAtMs, document: parsed.document })
    else page.parked.push({ id: parkedFeedId(feed, id), text: JSON.stringify(entry), reason: parsed.reason, parkedAtMs: receivedAtMs })
  }
  return page
}
