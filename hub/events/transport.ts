/** A way to a subscriber. What it says it delivered has arrived; an attempt that fails may have arrived as well. */
import type { AvailabilityEvent } from './event.ts'
import type { Sent } from './standing.ts'
import type { SubscriptionRow } from './subscriptions.ts'

export interface Transport {
  /** Never throws. `atMs` is the hub's time of the attempt. */
  send(subscription: SubscriptionRow, events: readonly AvailabilityEvent[], atMs: number): Promise<Sent>
  close(): Promise<void>
}
