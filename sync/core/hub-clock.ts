/**
 * How far the store's clock is from the hub's, from messages that carry the hub's time. Each one bounds the offset from both sides:
 * the hub spoke between sending and receiving. The narrowest of the recent ones counts.
 *
 * Invariant: one message that fits none of those before changes nothing. Two in a row that agree with each other do: then a clock was
 * set, and what was known before is forgotten. Nothing is ordered by it.
 */

export interface ClockSample {
  /** By the store's clock. */
  sentAtMs: number
  receivedAtMs: number
  hubTimeMs: number
}

export interface HubOffset {
  /** The store's clock minus the hub's. */
  offsetMs: number
  /** The true offset is at most so far away. */
  uncertaintyMs: number
}

export interface HubClockState {
  /** Oldest first; all of them can be true at once. */
  recent: readonly HubOffset[]
  /** The newest one, when it fits none of them. */
  odd: HubOffset | null
}

export const driftLimitMs = 30_000
const recentLimit = 16
/** Clocks run apart by some hundredths of a second within the recent messages. */
const slackMs = 250

export const unknownHubClock: HubClockState = { recent: [], odd: null }

const offsetOf = ({ sentAtMs, receivedAtMs, hubTimeMs }: ClockSample): HubOffset => ({
  offsetMs: Math.round((sentAtMs + receivedAtMs) / 2) - hubTimeMs,
  uncertaintyMs: Math.ceil((receivedAtMs - sentAtMs) / 2),
})

const fit = (a: HubOffset, b: HubOffset): boolean => Math.abs(a.offsetMs - b.offsetMs) <= a.uncertaintyMs + b.uncertaintyMs + slackMs

export const addClockSample = (state: HubClockState, sample: ClockSample): HubClockState => {
  // The store's clock was set back while the message was on its way.
  if (sample.receivedAtMs < sample.sentAtMs) return state
  const heard = offsetOf(sample)
  if (state.recent.every((known) => fit(known, heard))) return { recent: [...state.recent, heard].slice(-recentLimit), odd: null }
  return state.odd && fit(state.odd, heard) ? { recent: [state.odd, heard], odd: null } : { ...state, odd: heard }
}

export const hubOffset = ({ recent }: HubClockState): HubOffset | null =>
  recent.reduce<HubOffset | null>((best, next) => (best === null || next.uncertaintyMs <= best.uncertaintyMs ? next : best), null)

/** Certain, not merely possible. */
export const isDrifting = ({ offsetMs, uncertaintyMs }: HubOffset): boolean => Math.abs(offsetMs) - uncertaintyMs > driftLimitMs

/** The store's time as prices see it: the clock's own, put right only when it is certainly wrong (docs/decisions/0017-price-time.md). */
export const priceTimeMs = (nowMs: number, offset: HubOffset | null): number =>
  offset !== null && isDrifting(offset) ? nowMs - offset.offsetMs : nowMs
