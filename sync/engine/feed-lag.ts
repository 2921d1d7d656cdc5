/**
 * How far each feed is behind, as far as it is known: from its pages, and, where a load takes its time, from the hub's own count of what
 * lies behind the checkpoint. Counting costs the hub a look at each entry: it is asked once a feed and connection.
 */
import type { FeedName } from '#sync/contract/feed.ts'
import type { TrafficClass } from '#sync/contract/traffic.ts'
import { messageSince, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import type { Lane } from '#sync/core/traffic-class.ts'
import type { Exchange } from './traffic-link.ts'

export interface Behind {
  lane: TrafficClass
  /** Null: nobody has counted them. */
  entries: number | null
}

export interface FeedLag {
  behind(feed: FeedName): Behind | undefined
  /** A page is wanted; it may have to wait. */
  wanted(page: Pick<UpRequest<'pull'>, 'feed' | 'after'>, lane: Lane): void
  heard(exchange: Exchange): void
  lost(): void
}

export interface FeedLagPorts {
  count(request: UpRequest<'compareFeed'>): Promise<UpResponse<'compareFeed'>>
  /** A load would take its time: its class is closed, or the line has a bound. */
  isBounded(trafficClass: TrafficClass): boolean
}

interface Known extends Behind {
  /** Entries that came since the count was asked for. */
  arrived: number
  /** Of the last page: there is more. Before the first one a feed that was never whole is behind as well. */
  more: boolean
}

const newest = Number.MAX_SAFE_INTEGER

export const createFeedLag = ({ count, isBounded }: FeedLagPorts): FeedLag => {
  const known = new Map<FeedName, Known>()
  const counted = new Set<FeedName>()
  let hubVersion = 0

  const ask = async (feed: FeedName, after: number): Promise<void> => {
    counted.add(feed)
    const answer = await count({ feed, ranges: [{ after, through: newest }] }).catch(() => null)
    const now = known.get(feed)
    const [range] = answer?.outcome === 'compared' ? answer.ranges : []
    if (now && range) known.set(feed, { ...now, entries: Math.max(0, range.count - now.arrived) })
  }
  const heardPage = ({ feed, limit }: UpRequest<'pull'>, answer: Exchange['answer']): void => {
    if (answer.outcome !== 'pulled' && answer.outcome !== 'packed') return
    const before = known.get(feed)
    if (!answer.more || !before) return void known.delete(feed)
    const arrived = answer.outcome === 'pulled' ? answer.entries.length : limit
    const entries = before.entries === null ? null : Math.max(0, before.entries - arrived)
    known.set(feed, { ...before, entries, arrived: before.arrived + arrived, more: true })
  }
  return {
    behind: (feed) => {
      const now = known.get(feed)
      return now && (now.more || isBounded(now.lane)) ? now : undefined
    },
    wanted: ({ feed, after }, lane) => {
      if (lane === 'session') return
      const first = lane === 'bulk'
      const before = known.get(feed) ?? { entries: first ? null : 1, arrived: 0, more: false }
      known.set(feed, { ...before, lane, arrived: counted.has(feed) ? before.arrived : 0 })
      const mayCount = !counted.has(feed) && hubVersion >= (messageSince.compareFeed ?? 0) && isBounded(lane)
      if (mayCount && (first || before.more)) void ask(feed, after)
    },
    heard: ({ event, request, answer }) => {
      if (answer.outcome === 'welcome') hubVersion = answer.protocolVersion
      if (event === 'pull') heardPage(request as UpRequest<'pull'>, answer)
    },
    lost: () => {
      counted.clear()
      known.clear()
    },
  }
}
