/**
 * Writes pages of feeds to the local database, and what they changed to the catalogue in memory. A document that does not parse is set
 * aside; writing a page again changes nothing. Memory changes in one go, between two look-ups.
 */
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedDoc } from '#sync/store/schemas.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import { sortFeedPage } from './feed-page.ts'
import type { EngineLog } from './log.ts'

/** What a written page changed. */
export interface Written {
  feed: FeedName
  docs: FeedDoc[]
  removed: string[]
}

export interface FeedWriter {
  write(feed: FeedName, entries: readonly FeedEntry[]): Promise<Written>
  /** Deletes what is none of these. */
  sweep(feed: FeedName, kept: ReadonlySet<string>): Promise<Written>
  /** The items whose sale or price may differ now. */
  show(written: readonly Written[]): string[]
}

export const createFeedWriter = (ports: { store: Store; catalogue: CatalogueKeeper; clock: Clock; log: EngineLog }): FeedWriter => {
  const { store, catalogue, clock, log } = ports

  const withOverwritten = (doc: FeedDoc): FeedDoc => {
    const overwrittenMinor = catalogue.overwrittenMinor(doc.id, Number(doc.document['amountMinor']))
    return overwrittenMinor === undefined ? doc : { ...doc, overwrittenMinor }
  }
  const remove = async (feed: FeedName, ids: readonly string[]): Promise<void> => {
    await store.feeds[feed].remove(ids)
    await store.parked.remove(ids.map((id) => `feed:${feed}:${id}`))
  }
  return {
    write: async (feed, entries) => {
      const page = sortFeedPage(feed, entries, clock.nowMs())
      const docs = feed === 'prices' ? page.docs.map(withOverwritten) : page.docs
      for (const parked of page.parked) log('warn', 'a feed document was set aside', { id: parked.id, reason: parked.reason })
      await store.parked.put(page.parked)
      await store.feeds[feed].put(docs)
      await store.feeds[feed].remove(page.removed)
      await store.parked.remove([...docs.map((doc) => doc.id), ...page.removed].map((id) => `feed:${feed}:${id}`))
      return { feed, docs, removed: page.removed }
    },
    sweep: async (feed, kept) => {
      const removed = (await store.feeds[feed].ids()).filter((id) => !kept.has(id))
      await remove(feed, removed)
      return { feed, docs: [], removed }
    },
    show: (written) =>
      written.flatMap(({ feed, docs, removed }) => [
        ...docs.flatMap((doc) => catalogue.put(feed, doc)),
        ...removed.flatMap((id) => catalogue.remove(feed, id)),
      ]),
  }
}
