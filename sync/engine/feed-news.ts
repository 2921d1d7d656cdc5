/**
 * News that came with pokes, until their feed is read: then they are the page that the store would have pulled, and are judged like it
 * [TRN6] [TRN15]. They are one only where they begin at or before what was read, end behind it, and are of the epoch that both the feed
 * and the line are in. Of all others nothing is believed: the store pulls.
 */
import type { FeedNews } from '#sync/contract/down.ts'
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import type { StoreId } from '#sync/contract/vocabulary.ts'
import { judgePage, type FeedAnswer, type ReadSoFar } from './feed-reader.ts'
import type { HubLine } from './hub-line.ts'

/** More of one feed than are taken together: the store is busy, and pulls. */
const mostWaiting = 8

export interface Heard {
  answer: FeedAnswer
  /** Where the other feeds of the group stood when the last of it was looked up. */
  beside: FeedNews['beside']
}

export interface HeardNews {
  put(feed: FeedName, news: FeedNews): void
  /** What follows on what was read; null: nothing that is known. Nothing of the feed waits any longer. */
  take(feed: FeedName, soFar: ReadSoFar): Heard | null
}

export const createHeardNews = ({ line, storeId }: { line: Pick<HubLine, 'epoch'>; storeId: StoreId }): HeardNews => {
  const waiting = new Map<FeedName, FeedNews[]>()

  return {
    put: (feed, news) => void waiting.set(feed, [...(waiting.get(feed) ?? []), news].slice(-mostWaiting)),
    take: (feed, { after, epoch }) => {
      const heard = waiting.get(feed) ?? []
      waiting.delete(feed)
      if (epoch === undefined || epoch !== line.epoch()) return null
      const entries: FeedEntry[] = []
      let reached = after
      let beside: FeedNews['beside'] = []
      for (const news of heard) {
        if (news.epoch !== epoch || news.after > reached || news.checkpoint <= reached) continue
        // Whole, not only what is new of it: who sends a stranger's is refused whatever this store has.
        const judged = judgePage(feed, { after: news.after, epoch }, { ...news, outcome: 'page', more: false }, storeId)
        if (judged.outcome !== 'page') return { answer: judged, beside: [] }
        for (const entry of judged.entries) if (entry.checkpoint > reached) entries.push(entry)
        reached = judged.checkpoint
        beside = news.beside
      }
      return reached > after ? { answer: { outcome: 'page', entries, checkpoint: reached, more: false, epoch }, beside } : null
    },
  }
}
