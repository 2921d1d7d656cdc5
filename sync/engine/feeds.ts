/**
 * Pull-only feeds. An own loop rather than RxDB's replication plugin: it needs no second database for each feed's bookkeeping, it
 * parks a document instead of stopping at it, and a checkpoint is the hub's integer as it is. Order of writing: documents, then
 * checkpoint, then memory; a crash between repeats a page, which changes nothing. A lost poke costs at most `sweepMs`.
 */
import { feedEntrySchema, feedNames, feedNameSchema, type FeedEntry, type FeedName } from '#sync/contract/feed.ts'
import { LinkLost, type Clock } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import { coalesce } from './coalesce.ts'
import { sortFeedPage } from './feed-page.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

const pageLimit = 1_000
const sweepMs = 60_000

export interface FeedsPorts {
  store: Store
  catalogue: CatalogueKeeper
  line: Pick<HubLine, 'request' | 'state'>
  clock: Clock
  log: EngineLog
  /** `touched`: ids of items whose sale or price may differ. */
  onChanged(feed: FeedName, touched: readonly string[]): void
  /** A feed was read to its end. */
  onCaughtUp(feed: FeedName): void
}

export interface Feeds {
  /** Reads these feeds to their end. */
  pull(feeds?: readonly FeedName[]): Promise<void>
  /** Entries that were read again, whatever the feed's position: taken between two pages, unless the store has newer versions by then. */
  give(feed: FeedName, entries: readonly FeedEntry[]): Promise<void>
  /** Gives parked documents another chance: a newer agent may understand them. */
  retryParked(): Promise<void>
  close(): Promise<void>
}

export const createFeeds = ({ store, catalogue, line, clock, log, onChanged, onCaughtUp }: FeedsPorts): Feeds => {
  const due = new Set<FeedName>()
  const given: { feed: FeedName; entries: readonly FeedEntry[] }[] = []
  let closed = false

  const apply = async (feed: FeedName, entries: readonly FeedEntry[]): Promise<string[]> => {
    const page = sortFeedPage(feed, entries, clock.nowMs())
    const docs = feed === 'prices' ? page.docs.map((doc) => withOverwritten(doc)) : page.docs
    for (const parked of page.parked) log('warn', 'a feed document was set aside', { id: parked.id, reason: parked.reason })
    await store.parked.put(page.parked)
    await store.feeds[feed].put(docs)
    await store.feeds[feed].remove(page.removed)
    await store.parked.remove([...docs.map((d) => d.id), ...page.removed].map((id) => `feed:${feed}:${id}`))
    return [...docs.flatMap((doc) => catalogue.put(feed, doc)), ...page.removed.flatMap((id) => catalogue.remove(feed, id))]
  }
  const withOverwritten = (doc: Parameters<CatalogueKeeper['put']>[1]) => {
    const overwrittenMinor = catalogue.overwrittenMinor(doc.id, Number(doc.document['amountMinor']))
    return overwrittenMinor === undefined ? doc : { ...doc, overwrittenMinor }
  }
  /** False when the hub asks to wait. */
  const pullFeed = async (feed: FeedName): Promise<boolean> => {
    for (let more = true; more && !closed;) {
      const position = await store.positions.feed(feed)
      const answer = await line.request('pull', { feed, after: position.checkpoint, limit: pageLimit })
      if (answer.outcome === 'refused') {
        log('warn', 'the hub refused a feed', { feed, code: answer.code, message: answer.message })
        return answer.code !== 'HUB_UNAVAILABLE'
      }
      if (answer.outcome === 'packed') throw new Error('the hub packed a page that was asked for plain')
      if (answer.checkpoint < position.checkpoint) {
        log('warn', 'the hub is behind what it gave before; reading the feed anew', { feed })
        await store.positions.putFeed(feed, { checkpoint: 0, complete: position.complete })
        continue
      }
      const touched = await apply(feed, answer.entries)
      more = answer.more && answer.checkpoint > position.checkpoint
      const reached = { checkpoint: answer.checkpoint, complete: position.complete || !more }
      if (reached.checkpoint !== position.checkpoint || reached.complete !== position.complete) await store.positions.putFeed(feed, reached)
      if (answer.entries.length > 0) onChanged(feed, touched)
    }
    if (!closed) onCaughtUp(feed)
    return true
  }
  const takeGiven = async (): Promise<void> => {
    for (let next = given.shift(); next && !closed; next = given.shift()) {
      const stored = new Map((await store.feeds[next.feed].of(next.entries.map(({ id }) => id))).map((doc) => [doc.id, doc.checkpoint]))
      const entries = next.entries.filter(({ id, checkpoint }) => checkpoint >= (stored.get(id) ?? 0))
      onChanged(next.feed, await apply(next.feed, entries))
    }
  }
  const pullDue = async (): Promise<void> => {
    await takeGiven()
    while (!closed && line.state().state === 'online') {
      const feed = feedNames.find((f) => due.has(f))
      if (!feed) return
      due.delete(feed)
      try {
        if (await pullFeed(feed)) continue
        due.add(feed)
        throw new Error('the hub cannot serve feeds just now')
      } catch (error) {
        due.add(feed)
        if (error instanceof LinkLost) return
        throw error
      }
    }
  }
  const pulling = coalesce(clock, pullDue, (error) => log('warn', 'a feed could not be read; trying again', { reason: reasonOf(error) }))
  const pull = (feeds: readonly FeedName[] = feedNames): Promise<void> => {
    for (const feed of feeds) due.add(feed)
    return pulling.run()
  }
  const give: Feeds['give'] = (feed, entries) => {
    given.push({ feed, entries })
    return pulling.run()
  }
  const retryParked = async (): Promise<void> => {
    for (const { id, text } of await store.parked.all()) {
      const feed = feedNameSchema.safeParse(id.split(':')[1])
      const entry = feedEntrySchema.safeParse(JSON.parse(text))
      if (!id.startsWith('feed:') || !feed.success || !entry.success) continue
      if (sortFeedPage(feed.data, [entry.data], 0).parked.length > 0) continue
      const [stored] = await store.feeds[feed.data].of([entry.data.id])
      if (stored && stored.checkpoint >= entry.data.checkpoint) await store.parked.remove([id])
      else onChanged(feed.data, await apply(feed.data, [entry.data]))
    }
  }
  let cancelSweep = (): void => undefined
  const sweep = (): void => {
    cancelSweep = clock.after(sweepMs, () => {
      void pull()
      sweep()
    })
  }
  sweep()
  const close = async (): Promise<void> => {
    closed = true
    cancelSweep()
    await pulling.close()
  }
  return { pull, give, retryParked, close }
}
