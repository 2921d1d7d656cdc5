/** Calendar days of a time zone, as moments. A zone that nobody knows is read as UTC. */
import { must } from '../contract/assert.ts'
import { toMs } from './instant.ts'
import { readTillTime } from './till-time.ts'

const formatters = new Map<string, Intl.DateTimeFormat>()

const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formatters.set(timeZone, made)
  return made
}

export const knownTimeZone = (timeZone: string): string => {
  try {
    formatterOf(timeZone)
    return timeZone
  } catch {
    return 'UTC'
  }
}

/** "2026-03-02" */
export const dayAt = (ms: number, timeZone: string): string => formatterOf(timeZone).format(ms)

const dayMs = 86_400_000

/** The first moment of the day after the one that `ms` is in. */
export const nextDayAt = (ms: number, timeZone: string): number => {
  const next = new Date(Date.parse(`${dayAt(ms, timeZone)}T00:00:00Z`) + dayMs).toISOString().slice(0, 10)
  return toMs(must(readTillTime(`${next}T00:00:00`, timeZone), 'start of a day').instant)
}
