/**
 * Notices by itself that the computer slept: timers stand still meanwhile, so that one rings far later than the clock says it was due.
 * A clock that was set forward looks the same; asking the hub once too often does no harm.
 */
import type { Clock } from '#sync/core/ports.ts'

const intervalMs = 30_000
const lateMs = 30_000

export const watchForSleep = (clock: Clock, onResumed: () => void): { close(): void } => {
  let cancel = (): void => undefined
  const watch = (): void => {
    const dueMs = clock.nowMs() + intervalMs
    cancel = clock.after(intervalMs, () => {
      const isLate = clock.nowMs() - dueMs > lateMs
      watch()
      if (isLate) onResumed()
    })
  }
  watch()
  return { close: () => cancel() }
}
