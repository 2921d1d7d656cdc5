/**
 * Which class each request is of: the one table.
 *
 *   session   hello, and the settings feed: what the centre allows must be able to arrive. Counted, and held up by nothing
 *   urgent    records in their one order (what refills a restored hub stands before the sales of today), reports, and what changed in
 *             the catalogue: before reading nobody knows how soon it is due, and its feeds are shown together [PRC6]
 *   routine   what became of postings, comparisons and what they mend
 *   bulk      a feed that was never read to its end, records fetched back, support bundles
 */
import type { FeedName } from '../contract/feed.ts'
import type { TrafficClass } from '../contract/traffic.ts'
import type { UpEvent } from '../contract/up.ts'

export type Lane = 'session' | TrafficClass

const laneByEvent: { [E in Exclude<UpEvent, 'pull'>]: Lane } = {
  ...{ hello: 'session', batch: 'urgent', packedBatch: 'urgent', terseBatch: 'urgent', report: 'urgent' },
  ...{ compareDays: 'routine', compareFeed: 'routine', repair: 'routine' },
  ...{ fetch: 'bulk', diagnostics: 'bulk' },
}
const laneByFeed: { [F in FeedName]: Lane } = {
  ...{ settings: 'session', prices: 'urgent', items: 'urgent', assortment: 'urgent', postings: 'routine' },
}

export const laneOfEvent = (event: Exclude<UpEvent, 'pull'>): Lane => laneByEvent[event]

/** `whole`: the feed was read to its end before. */
export const laneOfPull = (feed: FeedName, whole: boolean): Lane => (whole || feed === 'settings' ? laneByFeed[feed] : 'bulk')
