/**
 * How a subscriber stands after each attempt, and when the next one is. Pure; the random number is the caller's.
 *
 *   active ──fails for long──▶ down ──works again──▶ active        any ──says that it is gone──▶ gone ──redeliver──▶ active
 */
export interface Standing {
  state: 'active' | 'down' | 'gone'
  failures: number
  failingSinceMs: number | null
}

/** What became of an attempt. */
export type Sent =
  | { outcome: 'delivered' }
  | { outcome: 'failed'; message: string; retryAfterMs?: number | undefined }
  | { outcome: 'gone'; message: string }

export const retryPolicy = { baseMs: 250, capMs: 30_000, downAfterMs: 300_000, downCapMs: 300_000, longestWishMs: 3_600_000 }
export type RetryPolicy = { [K in keyof typeof retryPolicy]: number }

export const working: Standing = { state: 'active', failures: 0, failingSinceMs: null }

/** Full jitter: any time up to a bound that doubles, so that a subscriber that comes back is not met by all at once. */
const pauseMs = (failures: number, random: number, { baseMs, capMs }: RetryPolicy): number =>
  Math.round(random * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 20)))

export const standingAfter = (
  before: Standing,
  sent: Sent,
  nowMs: number,
  random: number,
  policy: RetryPolicy = retryPolicy,
): { standing: Standing; delayMs: number } => {
  if (sent.outcome === 'delivered') return { standing: working, delayMs: 0 }
  const failures = before.failures + 1
  const failingSinceMs = before.failingSinceMs ?? nowMs
  if (sent.outcome === 'gone') return { standing: { state: 'gone', failures, failingSinceMs }, delayMs: 0 }
  const isDown = nowMs - failingSinceMs >= policy.downAfterMs
  const wishMs = Math.min(policy.longestWishMs, sent.retryAfterMs ?? 0)
  // One that is down is tried rarely: half of the pause is sure.
  const ownMs = isDown ? Math.round(((1 + random) * policy.downCapMs) / 2) : pauseMs(failures, random, policy)
  return { standing: { state: isDown ? 'down' : 'active', failures, failingSinceMs }, delayMs: Math.max(ownMs, wishMs) }
}
