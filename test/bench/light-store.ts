/** The part of a local database that feeds use, in memory: a few hundred of them fit one process, as RxDB's do not. */
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedPosition } from '#sync/store/position-shelf.ts'
import type { FeedDoc } from '#sync/store/schemas.ts'
import type { Cut, StagedPage } from '#sync/store/staging-shelf.ts'

export type FeedStore = Pick<Store, 'positions' | 'parked' | 'staging' | 'feeds'>

const done = Promise.resolve()

const feedShelf = (onPut: (docs: readonly FeedDoc[]) => void): Store['feeds'][FeedName] => {
  const docs = new Map<string, FeedDoc>()
  return {
    put: async (given) => {
      for (const doc of given) docs.set(doc.id, doc)
      onPut(given)
    },
    remove: async (ids) => {
      for (const id of ids) docs.delete(id)
    },
    of: async (ids) => ids.flatMap((id) => docs.get(id) ?? []),
    all: async () => [...docs.values()],
    countOfState: () => Promise.resolve(0),
  }
}

const stagingShelf = (): Store['staging'] => {
  const pages = new Map<FeedName, StagedPage[]>()
  let cut: Cut | null = null
  const of = (feed: FeedName): StagedPage[] => pages.get(feed) ?? []
  return {
    put: async (page) => void pages.set(page.feed, [...of(page.feed), page]),
    ends: async (feed) => of(feed).map((page) => page.checkpoint),
    page: async (feed, checkpoint) => {
      const page = of(feed).find((each) => each.checkpoint === checkpoint)
      if (!page) throw new Error(`no page of ${feed} ends at ${checkpoint}`)
      return page
    },
    last: async (feed) => of(feed).at(-1) ?? null,
    cut: async () => cut,
    putCut: async (given) => void (cut = given),
    clear: async (feeds) => {
      cut = null
      for (const feed of feeds) pages.delete(feed)
    },
  }
}

/** `onPut` hears of documents that are in the feeds' shelves. */
export const openLightStore = (onPut: (feed: FeedName, docs: readonly FeedDoc[]) => void): FeedStore => {
  const positions = new Map<FeedName, FeedPosition>()
  return {
    positions: {
      feed: async (feed) => positions.get(feed) ?? { checkpoint: 0, complete: false },
      putFeed: async (feed, position) => void positions.set(feed, position),
    } as Store['positions'],
    parked: { put: () => done, putMessage: () => done, remove: () => done, all: () => Promise.resolve([]) },
    staging: stagingShelf(),
    feeds: Object.fromEntries(feedNames.map((feed) => [feed, feedShelf((docs) => onPut(feed, docs))])) as Store['feeds'],
  }
}
