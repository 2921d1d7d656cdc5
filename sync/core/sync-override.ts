/**
 * "Sync now": windows, the metered line and the daily bound do not hold until what stood waiting at that moment is through: the
 * records up to the head, each feed read to its end once, and the requests that waited.
 */
import type { FeedName } from '../contract/feed.ts'

export interface SyncOverride {
  throughSeq: number
  feeds: readonly FeedName[]
  tickets: readonly number[]
}

export type OverrideEvent =
  | { kind: 'acknowledged'; ackedSeq: number }
  /** Read to its end, or the hub does not give it. */
  | { kind: 'feed-ended'; feed: FeedName }
  | { kind: 'done'; ticket: number }
  | { kind: 'lost' }

/** Null: it is through. */
export const stepOverride = (override: SyncOverride, event: OverrideEvent): SyncOverride | null => {
  const next = take(override, event)
  return next.throughSeq === 0 && next.feeds.length === 0 && next.tickets.length === 0 ? null : next
}

const take = (override: SyncOverride, event: OverrideEvent): SyncOverride => {
  switch (event.kind) {
    case 'acknowledged':
      return event.ackedSeq >= override.throughSeq ? { ...override, throughSeq: 0 } : override
    case 'feed-ended':
      return { ...override, feeds: override.feeds.filter((f) => f !== event.feed) }
    case 'done':
      return { ...override, tickets: override.tickets.filter((t) => t !== event.ticket) }
    case 'lost':
      return { ...override, tickets: [] }
  }
}
