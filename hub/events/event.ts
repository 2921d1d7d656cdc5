/** An availability event as subscribers get it. A receiver orders by `sequence` and forgets what it has by `eventId`. */
import { z } from 'zod'
import type { AvailabilityEventRow } from './tables.ts'

export const availabilityEventSchema = z.strictObject({
  /** The same each time that this event is sent. */
  eventId: z.string(),
  /** Grows with each event of a store and item, and need not be the next number. */
  sequence: z.int(),
  storeId: z.string(),
  itemId: z.string(),
  /** Thousandths of the item's unit, as are the others. */
  availableMilli: z.int(),
  onHandMilli: z.int(),
  reservedMilli: z.int(),
  /** The probability that what is offered is there, in millionths. */
  confidencePpm: z.int(),
  asOf: z.string(),
  reason: z.string(),
})
export type AvailabilityEvent = z.infer<typeof availabilityEventSchema>

export const eventOfRow = (row: AvailabilityEventRow): AvailabilityEvent => ({
  ...{ eventId: `avl_${row.sequence}`, sequence: row.sequence, storeId: row.store_id, itemId: row.item_id },
  ...{ availableMilli: row.available_milli, onHandMilli: row.on_hand_milli, reservedMilli: row.reserved_milli },
  ...{ confidencePpm: row.confidence_ppm, asOf: row.as_of.toISOString(), reason: row.reason },
})
