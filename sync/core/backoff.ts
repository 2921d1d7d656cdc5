/** Full-jitter exponential backoff: a fleet that lost its hub must not come back as one. The random number arrives as an argument. */

export interface BackoffBounds {
  baseMs: number
  capMs: number
}

export const reconnectBounds: BackoffBounds = { baseMs: 500, capMs: 60_000 }
/** After a refusal that only a person can lift: often enough that a re-enrolled device comes back soon. */
export const refusedBounds: BackoffBounds = { baseMs: 15_000, capMs: 300_000 }

/** After a hub said what cannot be: it may be mended by itself, and must not be asked hot meanwhile. */
export const distrustBounds: BackoffBounds = { baseMs: 5_000, capMs: 300_000 }

/** A hub's word keeps a store away no longer than this. */
export const longestWordMs = 900_000

/** Not before the hub said, and not all at that moment: up to a tenth later. */
export const waitedMs = (retryAfterMs: number, random: number): number =>
  Math.round(Math.min(retryAfterMs, longestWordMs) * (1 + 0.1 * random))

/** `attempt` counts from 0; `random` is in [0, 1). */
export const fullJitterMs = (attempt: number, random: number, bounds: BackoffBounds): number =>
  Math.round(random * Math.min(bounds.capMs, bounds.baseMs * 2 ** Math.min(attempt, 30)))
