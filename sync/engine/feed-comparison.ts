/**
 * Compares the catalogue's feeds with the hub [TRN23], once the store has read them to their end:
 *
 *   the whole ─▶ 64 ranges ─▶ those that differ, finer ─▶ … ─▶ small enough: read again ─▶ what the hub no longer has is removed
 *
 * While the hub changes its catalogue the two may differ for a moment. That costs a reading and nothing else: a document is removed only
 * when the hub did not have it in the range, and the store, having read to the end once more, still has it there.
 */
import type { FeedEntry, FeedName } from '#sync/contract/feed.ts'
import { entriesIn, type FeedListing, type FeedRange, joinRanges, rangeDigest, splitRange } from '#sync/core/feed-ranges.ts'
import type { Clock, Random } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { listFeed } from './feed-listing.ts'
import type { Feeds } from './feeds.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'
import { createRounds } from './rounds.ts'

export const comparedFeeds = ['items', 'prices', 'assortment', 'settings'] as const satisfies readonly FeedName[]

const everyMs = 3_600_000
const rangesAtOnce = 64
/** A range of so many entries is read again as it is. */
const readAgainEntries = 500
const pageLimit = 1_000
const afterFirstLoadMs = 60_000

export interface FeedComparisonPorts {
  store: Store
  feeds: Pick<Feeds, 'pull' | 'give'>
  line: Pick<HubLine, 'tryRequest'>
  clock: Clock
  random: Random
  log: EngineLog
  isReady(): boolean
}

export interface FeedComparison {
  welcomed(): void
  /** The catalogue was read to its end for the first time. */
  loaded(): void
  now(): Promise<void>
  close(): Promise<void>
}

/** The hub does not say just now, or the line is down: the next round comes in its time. */
class NotNow extends Error {
  override name = 'NotNow'
}

export const createFeedComparison = ({ store, feeds, line, clock, random, log, isReady }: FeedComparisonPorts): FeedComparison => {
  let closed = false

  const request: typeof line.tryRequest = async (event, message) => {
    const answer = closed ? null : await line.tryRequest(event, message)
    if (answer === null) throw new NotNow('no answer')
    if (answer.outcome === 'refused') throw new NotNow(answer.message)
    return answer
  }
  const differingOf = async (feed: FeedName, ranges: FeedRange[], listing: FeedListing): Promise<{ range: FeedRange; size: number }[]> => {
    const answer = await request('compareFeed', { feed, ranges })
    if (answer?.outcome !== 'compared' || answer.ranges.length !== ranges.length) throw new NotNow('an answer about other ranges')
    return ranges.flatMap((range, i) => {
      const hub = answer.ranges[i]
      const own = rangeDigest(listing, range)
      if (!hub || (hub.count === own.count && hub.digest === own.digest)) return []
      return [{ range, size: Math.max(hub.count, own.count) }]
    })
  }
  /** Those of these ranges to read again. Where most of them differ, going finer would only ask more. */
  const narrow = async (feed: FeedName, ranges: FeedRange[], listing: FeedListing): Promise<FeedRange[]> => {
    const differing = await differingOf(feed, ranges, listing)
    const isMost = ranges.length > 1 && differing.length * 2 > ranges.length
    const found: FeedRange[] = []
    for (const { range, size } of differing)
      if (isMost || size <= readAgainEntries || range.through - range.after === 1) found.push(range)
      else found.push(...(await narrow(feed, splitRange(range, rangesAtOnce), listing)))
    return found
  }
  const readRange = async (feed: FeedName, { after, through }: FeedRange): Promise<FeedEntry[]> => {
    const found: FeedEntry[] = []
    for (let from = after, more = true; more && from < through;) {
      const answer = await request('pull', { feed, after: from, limit: pageLimit })
      if (answer?.outcome !== 'pulled') throw new NotNow('a page that was not asked for')
      found.push(...answer.entries.filter(({ checkpoint }) => checkpoint <= through))
      more = answer.more && answer.checkpoint > from
      from = answer.checkpoint
    }
    return found
  }
  /** Where the store stands, once it has all that the hub has. */
  const readToEnd = async (feed: FeedName): Promise<number> => {
    await feeds.pull([feed])
    const { checkpoint, complete } = await store.positions.feed(feed)
    const answer = await request('pull', { feed, after: checkpoint, limit: 1 })
    if (!complete || answer?.outcome !== 'pulled' || answer.entries.length > 0) throw new NotNow('the feed is not read to its end')
    return checkpoint
  }
  /** Documents that the store still has in the range, and the hub did not. */
  const strangers = async (feed: FeedName, range: FeedRange, listing: FeedListing, hub: readonly FeedEntry[]): Promise<FeedEntry[]> => {
    const known = new Set(hub.map(({ id }) => id))
    const ids = entriesIn(listing, range).flatMap(({ id }) => (known.has(id) ? [] : [id]))
    if (ids.length === 0) return []
    await readToEnd(feed)
    const now = await store.feeds[feed].of(ids)
    return now
      .filter(({ checkpoint }) => checkpoint > range.after && checkpoint <= range.through)
      .map(({ id, checkpoint }) => ({ id, checkpoint, deleted: true, document: null }))
  }
  const readAgain = async (feed: FeedName, range: FeedRange, listing: FeedListing): Promise<void> => {
    const entries = await readRange(feed, range)
    const removed = await strangers(feed, range, listing, entries)
    await feeds.give(feed, [...entries, ...removed])
    log('warn', 'a part of the catalogue differed from the hub’s and was read again', {
      ...{ feed, ...range, entries: entries.length, removed: removed.length },
    })
  }
  const compare = async (feed: FeedName): Promise<void> => {
    const through = await readToEnd(feed)
    if (through === 0) return
    const listing = await listFeed(store, feed)
    for (const range of joinRanges(await narrow(feed, [{ after: 0, through }], listing))) await readAgain(feed, range, listing)
  }
  const run = async (): Promise<void> => {
    for (const feed of comparedFeeds) {
      if (closed || !isReady()) return
      if ((await store.positions.feed(feed)).complete) await compare(feed)
    }
  }
  const rounds = createRounds({
    ...{ clock, random, run, everyMs: () => everyMs },
    onError: (error) =>
      log(error instanceof NotNow ? 'info' : 'warn', 'the catalogue could not be compared just now', { reason: reasonOf(error) }),
  })

  return {
    welcomed: () => rounds.soon(everyMs),
    loaded: () => rounds.soon(afterFirstLoadMs),
    now: rounds.now,
    close: async () => {
      closed = true
      await rounds.close()
    },
  }
}
