/** Times for reading, in the store's own time zone. Nothing is ordered or decided by them. */
import { locale, messages } from './messages.ts'

const dayKey = (date: Date, timeZone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(date)

const clockTime = (date: Date, timeZone: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date)

/** "10:32" today, "Fri 20 Nov, 10:32" on another day. */
export const formatMoment = (instant: string, nowMs: number, timeZone: string): string => {
  const date = new Date(instant)
  const time = clockTime(date, timeZone)
  if (dayKey(date, timeZone) === dayKey(new Date(nowMs), timeZone)) return time
  const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'short', day: 'numeric', month: 'short' }).format(date).replace(',', '')
  return `${day}, ${time}`
}

/** "Mon 2 Mar" of a business day, which is a date and nowhere a moment. */
export const formatDay = (businessDay: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' })
    .format(new Date(`${businessDay}T00:00:00Z`))
    .replace(',', '')

const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/

/** A till's time: as printed when it is local, in the store's zone when it carries an offset. */
export const formatTillTime = (endedAt: string, timeZone: string): string =>
  hasOffset.test(endedAt) ? clockTime(new Date(endedAt), timeZone) : (/T(\d{2}:\d{2})/.exec(endedAt)?.[1] ?? endedAt)

export const formatAge = (instant: string, nowMs: number): string => {
  const minutes = Math.floor((nowMs - Date.parse(instant)) / 60_000)
  if (minutes < 1) return messages.ages.moments
  if (minutes < 60) return messages.ages.minutes(minutes)
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? messages.ages.hours(hours) : messages.ages.days(Math.floor(hours / 24))
}
