/** Row shapes of availability events and of who is told. */
import type { Generated } from 'kysely'

export interface EventTables {
  /** Marked as changed and not evaluated yet; a key may stand here often. */
  availability_change: { change_id: Generated<number>; store_id: string; item_id: string }
  /** The newest event of each key. */
  availability_event: AvailabilityEventRow
  /** One row: the last sequence number that was given. Locked while figures are made into events. */
  availability_head: { is_only: Generated<boolean>; sequence: number }
  subscription: {
    subscription_id: string
    /** webhook | nats */
    kind: string
    url: string
    /** Null: all stores. */
    store_ids: string[] | null
    secret: string
    /** Signed with as well until `previous_until`. */
    previous_secret: string | null
    previous_until: Date | null
    /** It has every event up to this one. */
    sequence: number
    /** active | down | gone */
    state: Generated<string>
    failures: Generated<number>
    failing_since: Date | null
    next_attempt_at: Generated<Date>
    last_error: string | null
    delivered_at: Date | null
    /** The process that delivers, until when. */
    holder: string | null
    held_until: Date | null
    created_at: Generated<Date>
  }
  availability_sweep: {
    store_id: string
    looked_at: Generated<Date>
    /** JSON text; see sweep-due.ts. */
    known: string | null
    /** Null: no look through its figures is under way. */
    after_item: string | null
  }
}

export interface AvailabilityEventRow {
  store_id: string
  item_id: string
  sequence: number
  available_milli: number
  on_hand_milli: number
  reserved_milli: number
  confidence_ppm: number
  as_of: Date
  reason: string
}
