/**
 * A till's printed time as a moment. With an offset it is stated. Without one it is read in the store's zone: in an hour that comes
 * twice it is the first one, in an hour that is left out it is moved on by the gap. Nothing is ordered by it.
 */
import type { Instant } from '../contract/vocabulary.ts'
import { toInstant } from './instant.ts'

export type Certainty = 'stated' | 'zoned' | 'repeated' | 'skipped'
export interface TillTime {
  instant: Instant
  certainty: Certainty
}

const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?$/
const dayMs = 86_400_000

/** Null for a text that is no time of the contract, and for a zone that nobody knows. */
export const readTillTime = (text: string, timeZone: string): TillTime | null => {
  const match = shape.exec(text)
  const wallMs = match ? wallMsOf(match) : null
  if (!match || wallMs === null) return null
  const offset = match[8]
  if (offset !== undefined) return atInstant(wallMs - offsetMsOf(offset), 'stated')
  const formatter = formatterOf(timeZone)
  return formatter && readLocal(wallMs, timeZone, formatter)
}

/** The wall clock as if it were UTC; null for a day or an hour that no calendar has. */
const wallMsOf = (match: RegExpExecArray): number | null => {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
}

const offsetMsOf = (offset: string): number => {
  if (offset === 'Z') return 0
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000
}

/** Years outside 0 to 9999, which an offset may lead to, have no instant. */
const atInstant = (ms: number, certainty: Certainty): TillTime | null => {
  const instant = toInstant(ms)
  return instant.length === 24 ? { instant, certainty } : null
}

const readLocal = (wallMs: number, timeZone: string, formatter: Intl.DateTimeFormat): TillTime | null => {
  const { before, after } = offsetsAround(wallMs, timeZone, formatter)
  if (before === after) return atInstant(wallMs - before, 'zoned')
  const fits = (offset: number): boolean => offsetAt(wallMs - offset, formatter) === offset
  if (fits(before)) return atInstant(wallMs - before, fits(after) ? 'repeated' : 'zoned')
  return fits(after) ? atInstant(wallMs - after, 'zoned') : atInstant(wallMs - before, 'skipped')
}

interface Offsets {
  before: number
  after: number
}

const formatters = new Map<string, Intl.DateTimeFormat | null>()
const offsetsOfDays = new Map<string, Offsets>()
const mostKept = 2_000

/** The zone's offsets a day before and a day behind the wall clock's own day: nearly always alike, and then they hold for all of it. */
const offsetsAround = (wallMs: number, timeZone: string, formatter: Intl.DateTimeFormat): Offsets => {
  const day = Math.floor(wallMs / dayMs)
  const key = `${timeZone}|${day}`
  const known = offsetsOfDays.get(key)
  if (known) return known
  const found = { before: offsetAt((day - 1) * dayMs, formatter), after: offsetAt((day + 2) * dayMs, formatter) }
  if (offsetsOfDays.size >= mostKept) offsetsOfDays.clear()
  offsetsOfDays.set(key, found)
  return found
}

const formatterOf = (timeZone: string): Intl.DateTimeFormat | null => {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  if (formatters.size >= mostKept) formatters.clear()
  const made = makeFormatter(timeZone)
  formatters.set(timeZone, made)
  return made
}

const makeFormatter = (timeZone: string): Intl.DateTimeFormat | null => {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...numeric, era: 'short', hourCycle: 'h23', timeZone })
  } catch {
    return null
  }
}

const offsetAt = (ms: number, formatter: Intl.DateTimeFormat): number => {
  const parts = new Map(formatter.formatToParts(ms).map((part) => [part.type, part.value]))
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0)
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  const date = new Date(0)
  date.setUTCFullYear(year, number('month') - 1, number('day'))
  const wall = date.getTime() + ((number('hour') * 60 + number('minute')) * 60 + number('second')) * 1_000
  return wall - Math.floor(ms / 1_000) * 1_000
}
