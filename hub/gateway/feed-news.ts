/**
 * What stores hear when a feed has something new: a poke, and with it the change itself where that is tiny [TRN6]. Notifications that
 * come together are read together, in a query that begins after the last of their commits. Nothing is remembered between two of them:
 * a notification says itself where the feed stood before. Whatever is not certain goes as a plain poke, and the store pulls.
 */
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import type { DownMessage } from '#sync/contract/down.ts'
import type { Logger } from 'pino'
import type { FeedPage, FeedReader } from '../catalogue/feed-page.ts'
import { type FeedNotification, parseFeedNotification } from '../catalogue/feed.ts'

/**
 * It is sent unasked, whatever a store's windows and bounds are: together with its poke it must cost less than the request and the
 * answer that it saves.
 */
const most = { entries: 10, bytes: 4_000 } as const
/** Of `routine` traffic, which a store's windows may hold up for hours: it comes when the store asks. */
const pulledOnly: readonly FeedName[] = ['postings']

export interface FeedNewsPorts {
  reader: FeedReader
  log: Logger
  /** A store that is concerned is connected here; `*` concerns all. */
  isHeard(scope: string): boolean
  poke(scope: string, poke: DownMessage<'poke'>): void
}

const pokeOf = (feed: FeedName, after: number, page: FeedPage): DownMessage<'poke'> => {
  const { entries, checkpoint, more, epoch, beside } = page
  const bytes = entries.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (more || entries.length === 0 || bytes > most.bytes || epoch === null || checkpoint <= after) return { feed }
  return { feed, news: { after, checkpoint, entries: JSON.parse(`[${entries.join(',')}]`) as FeedEntry[], epoch, beside } }
}

/** Takes the payloads of the feeds' channel. */
export const createFeedNews = ({ reader, log, isHeard, poke }: FeedNewsPorts): ((payload: string) => void) => {
  let waiting = new Map<string, FeedNotification>()
  let running = false

  const tell = async ({ feed, scope, after }: FeedNotification): Promise<void> => {
    if (after === null || pulledOnly.includes(feed)) return poke(scope, { feed })
    const request = { feed, scope, after, limit: most.entries, maxBytes: most.bytes, asNews: true }
    const told = await reader.read(request).then(
      (page) => pokeOf(feed, after, page),
      (error: unknown) => {
        log.warn({ err: error, feed }, 'what changed in a feed was not read: stores pull it')
        return { feed }
      },
    )
    poke(scope, told)
  }
  const run = async (): Promise<void> => {
    while (waiting.size > 0) {
      const together = [...waiting.values()]
      waiting = new Map()
      // A socket that cannot be written to holds up none of the others, nor what is heard next.
      for (const told of await Promise.allSettled(together.map(tell)))
        if (told.status === 'rejected') log.error({ err: told.reason }, 'a poke was not sent')
    }
    running = false
  }
  return (payload) => {
    const notified = parseFeedNotification(payload)
    if (!notified || !isHeard(notified.scope)) return
    const key = `${notified.feed}|${notified.scope}`
    const before = waiting.get(key)
    // From where the earliest of them began: checkpoints only grow, so that is the one heard first, unless it did not say.
    const after = before === undefined ? notified.after : before.after
    waiting.set(key, { ...notified, after })
    if (running) return
    running = true
    // In the next turn: those of one transaction are heard one after the other.
    void Promise.resolve().then(run)
  }
}
