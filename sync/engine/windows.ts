/**
 * Cron patterns as openings, read in the store's zone. An hour that is left out opens its windows right behind it; of an hour that
 * comes twice a pattern that names one moment means the first. A pattern that cannot be read opens nothing and closes nothing.
 */
import { Cron } from 'croner'
import { trafficClasses, type TrafficClass, type TrafficWindows, type Window } from '#sync/contract/traffic.ts'
import type { Openings } from '#sync/core/windows.ts'

export interface ReadWindows {
  windows: { [C in TrafficClass]?: Openings[] }
  unreadable: string[]
}

const openingsOf = ({ cron, minutes }: Window, timeZone: string): Openings | null => {
  try {
    const pattern = new Cron(cron, { timezone: timeZone })
    pattern.nextRun(new Date(0))
    return { lengthMs: minutes * 60_000, nextAfter: (ms) => pattern.nextRun(new Date(ms))?.getTime() ?? null }
  } catch {
    return null
  }
}

export const readWindows = (given: TrafficWindows, timeZone: string): ReadWindows => {
  const read: ReadWindows = { windows: {}, unreadable: [] }
  for (const trafficClass of trafficClasses) {
    const windows = given[trafficClass]
    if (!windows) continue
    const openings = windows.map((w) => openingsOf(w, timeZone))
    read.unreadable.push(...windows.filter((_, index) => openings[index] === null).map((w) => w.cron))
    const readable = openings.filter((o) => o !== null)
    // Of which nothing can be read is as if nothing had been said: a slip of the pen must not silence a store.
    if (readable.length > 0 || windows.length === 0) read.windows[trafficClass] = readable
  }
  return read
}
