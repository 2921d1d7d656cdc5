/** Between milliseconds since the epoch and the contract's instants. */
import type { Instant } from '../contract/vocabulary.ts'

/** ISO text of this shape is what `instantSchema` accepts, for years 0 to 9999. */
export const toInstant = (ms: number): Instant => new Date(ms).toISOString() as Instant

export const toMs = (instant: Instant): number => Date.parse(instant)
