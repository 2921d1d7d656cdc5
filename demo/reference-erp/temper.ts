/**
 * How the stand-in misbehaves, as real ERPs do: slow, rate-limited, failing now and then, and worst of all, doing what was
 * asked without being able to say so. Everything random comes from one seed.
 */
export interface Temper {
  /** Mean time of one answer; each takes half to one and a half of it. */
  latencyMs: number
  /** Share of requests that meet a fault, 0 to 1. */
  faultRate: number
  /** Requests a second before it answers 429; 0 is no limit. */
  ratePerSecond: number
  /** Every connection is dropped without an answer. */
  down: boolean
}

export const defaultTemper: Temper = { latencyMs: 0, faultRate: 0, ratePerSecond: 0, down: false }

/** `lost-after`: committed, then the connection is dropped. */
export type Mishap = 'none' | 'unavailable' | 'lost-before' | 'lost-after'

export const drawMishap = (temper: Temper, random: () => number): Mishap => {
  const draw = random()
  const kind = random()
  if (draw >= temper.faultRate) return 'none'
  if (kind < 1 / 3) return 'unavailable'
  return kind < 2 / 3 ? 'lost-before' : 'lost-after'
}

/** A bucket of one second's worth; answers how long to wait when it is empty, else 0. */
export const createRateLimit = () => {
  let tokens = Number.NaN
  let filledAtMs = 0
  return (ratePerSecond: number, nowMs: number): number => {
    if (ratePerSecond <= 0) return 0
    tokens = Number.isNaN(tokens) ? ratePerSecond : Math.min(ratePerSecond, tokens + ((nowMs - filledAtMs) * ratePerSecond) / 1_000)
    filledAtMs = nowMs
    if (tokens >= 1) {
      tokens -= 1
      return 0
    }
    return Math.ceil(((1 - tokens) / ratePerSecond) * 1_000)
  }
}
