/**
 * Which feed is pulled next: by class, and only what may travel now. Feeds ask before each page, so that none of them waits at the gate
 * for a window while others could go.
 */
import type { FeedName } from '#sync/contract/feed.ts'
import { trafficClasses } from '#sync/contract/traffic.ts'
import { laneOfPull, type Lane } from '#sync/core/traffic-class.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedLag } from './feed-lag.ts'
import type { TrafficGate } from './traffic-gate.ts'

const lanesInOrder: readonly Lane[] = ['session', ...trafficClasses]

export interface TrafficTurnsPorts {
  positions: Pick<Store['positions'], 'feed'>
  gate: Pick<TrafficGate, 'allows'>
  lag: Pick<FeedLag, 'wanted'>
}

export type TrafficTurns = (feeds: readonly FeedName[]) => Promise<FeedName[]>

export const createTrafficTurns = ({ positions, gate, lag }: TrafficTurnsPorts): TrafficTurns => {
  const mayTravel = (lane: Lane): boolean => lane === 'session' || gate.allows(lane)
  const laneOf = async (feed: FeedName): Promise<Lane> => {
    const { checkpoint, complete } = await positions.feed(feed)
    const lane = laneOfPull(feed, complete)
    if (!mayTravel(lane)) lag.wanted({ feed, after: checkpoint }, lane)
    return lane
  }
  return async (feeds) => {
    const lanes = new Map(await Promise.all(feeds.map(async (feed) => [feed, await laneOf(feed)] as const)))
    return lanesInOrder.filter(mayTravel).flatMap((lane) => feeds.filter((feed) => lanes.get(feed) === lane))
  }
}
