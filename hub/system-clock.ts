/** The clock of this process, for whoever waits: workers take it as a port, so that their waiting can be replayed. */
import type { Clock } from '#sync/core/ports.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
