/**
 * Lets greetings in evenly [TRN14]: so many a second, so many at once. Whoever is over is given a moment of its own, and is let in
 * when it comes back at or after it. No clock: `nowMs` is the caller's.
 */
export interface AdmissionLimits {
  perSecond: number
  /** Come back at once after a quiet time. */
  burst: number
  atOnce: number
}

export type Admitted = { admitted: true } | { admitted: false; retryAfterMs: number }

export interface Admission {
  /** An admitted one must end with `done`. */
  ask(deviceId: string, nowMs: number): Admitted
  done(): void
  /** Gives a moment to come back to one that is sent away; `notBeforeMs` for one that shall stay away longer. */
  book(deviceId: string, nowMs: number, notBeforeMs?: number): number
}

const soonestMs = 250
const furthestMs = 600_000
const forgottenAfterMs = 60_000

export const createAdmission = ({ perSecond, burst, atOnce }: AdmissionLimits): Admission => {
  const stepMs = 1_000 / perSecond
  /** Moments given out, oldest first but for those that stay away longer. */
  const moments = new Map<string, number>()
  let nextMs = Number.NEGATIVE_INFINITY
  let underWay = 0

  const forget = (nowMs: number): void => {
    for (const [deviceId, moment] of moments) {
      if (moment + forgottenAfterMs > nowMs) return
      moments.delete(deviceId)
    }
  }

  const book: Admission['book'] = (deviceId, nowMs, notBeforeMs = 0) => {
    forget(nowMs)
    if (nextMs > nowMs + furthestMs) nextMs = nowMs
    nextMs = Math.max(nextMs, nowMs + soonestMs)
    const moment = Math.max(nextMs, notBeforeMs)
    nextMs += stepMs
    moments.delete(deviceId)
    moments.set(deviceId, moment)
    return Math.ceil(moment - nowMs)
  }

  /** A moment that was given out is taken from no other. */
  const isFree = (deviceId: string, nowMs: number): boolean => {
    const moment = moments.get(deviceId)
    if (moment !== undefined) return moments.delete(deviceId)
    nextMs = Math.max(nextMs, nowMs - (burst - 1) * stepMs)
    if (nextMs > nowMs) return false
    nextMs += stepMs
    return true
  }

  return {
    ask: (deviceId, nowMs) => {
      const moment = moments.get(deviceId)
      if (moment !== undefined && moment > nowMs) return { admitted: false, retryAfterMs: Math.ceil(moment - nowMs) }
      if (underWay >= atOnce || !isFree(deviceId, nowMs)) return { admitted: false, retryAfterMs: book(deviceId, nowMs) }
      underWay += 1
      return { admitted: true }
    },
    done: () => void (underWay -= 1),
    book,
  }
}
