/** So many a second of each caller, with a few seconds' worth at once. Whoever has been quiet is forgotten. */

export interface RateBounds {
  perSecond: number
  burst: number
}

/** False: too soon. `nowMs` is a steady clock's. */
export const createRate = ({ perSecond, burst }: RateBounds, nowMs: () => number): ((caller: string) => boolean) => {
  const left = new Map<string, { tokens: number; atMs: number }>()
  const maxCallers = 1_000

  const forgetFull = (now: number): void => {
    for (const [caller, { tokens, atMs }] of left) if (tokens + ((now - atMs) / 1_000) * perSecond >= burst) left.delete(caller)
  }
  return (caller) => {
    const now = nowMs()
    if (left.size > maxCallers) forgetFull(now)
    const known = left.get(caller) ?? { tokens: burst, atMs: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.atMs) / 1_000) * perSecond)
    left.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: now })
    return tokens >= 1
  }
}
