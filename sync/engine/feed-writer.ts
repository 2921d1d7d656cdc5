/**
 * Writes pages of feeds to the local database, and what they changed to the catalogue in memory. A document that does not parse is set
 * aside; writing a page again changes nothing. Memory changes in one go, between two look-ups.
 */
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { parkedFeedId } from '#sync/store/parked-shelf.ts'
import type { FeedDoc, ParkedDoc } from '#sync/store/schemas.ts'
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

  let parkedIds: Set<string> | null = null

  /** Few documents are ever parked: the database is asked once which. */
  const unpark = async (feed: FeedName, ids: readonly string[]): Promise<void> => {
    parkedIds ??= new Set((await store.parked.all()).map(({ id }) => id))
    const known = parkedIds
    const gone = ids.map((id) => parkedFeedId(feed, id)).filter((id) => known.has(id))
    if (gone.length === 0) return
    await store.parked.remove(gone)
    for (const id of gone) known.delete(id)
  }
  const park = async (docs: readonly ParkedDoc[]): Promise<void> => {
    for (const { id, reason } of docs) log('warn', 'a feed document was set aside', { id, reason })
    await store.parked.put(docs)
    for (const { id } of docs) parkedIds?.add(id)
  }
  const withOverwritten = (doc: FeedDoc): FeedDoc => {
    const overwrittenMinor = catalogue.overwrittenMinor(doc.id, Number(doc.document['amountMinor']))
    return overwrittenMinor === undefined ? doc : { ...doc, overwrittenMinor }
  }
  return {
    write: async (feed, entries) => {
      const page = sortFeedPage(feed, entries, clock.nowMs())
      const docs = feed === 'prices' ? page.docs.map(withOverwritten) : page.docs
      await park(page.parked)
      await store.feeds[feed].put(docs)
      await store.feeds[feed].remove(page.removed)
      await unpark(feed, [...docs.map((doc) => doc.id), ...page.removed])
      return { feed, docs, removed: page.removed }
    },
    sweep: async (feed, kept) => {
      const removed = (await store.feeds[feed].all()).flatMap(({ id }) => (kept.has(id) ? [] : [id]))
      await store.feeds[feed].remove(removed)
      await unpark(feed, removed)
      return { feed, docs: [], removed }
    },
    show: (written) =>
      written.flatMap(({ feed, docs, removed }) => [
        ...docs.flatMap((doc) => catalogue.put(feed, doc)),
        ...removed.flatMap((id) => catalogue.remove(feed, id)),
      ]),
  }
}
