/** How the store talks to head office, in words: what may travel now and until when, what was used, when all will be through. */
import type { ManagerView } from '#sync/contract/ipc.ts'
import { messages } from './messages.ts'
import { formatBytes } from './sizes.ts'
import { formatMoment } from './times.ts'

export type SyncView = NonNullable<ManagerView['sync']>
type WindowView = SyncView['windows'][number]

const { traffic: words } = messages

export interface WindowWords {
  what: string
  tone: 'good' | 'waiting'
  text: string
}

const whenText = ({ open, changesAt }: WindowView, nowMs: number, timeZone: string): string => {
  const changes = changesAt === undefined ? undefined : formatMoment(changesAt, nowMs, timeZone)
  if (open) return changes === undefined ? words.always : words.openUntil(changes)
  return changes === undefined ? words.onlyByPerson : words.waitsUntil(changes)
}

export const describeWindow = (window: WindowView, overridden: boolean, nowMs: number, timeZone: string): WindowWords => {
  const what = words.classes[window.class]
  if (overridden && !window.open) return { what, tone: 'good', text: words.overridden }
  return { what, tone: window.open ? 'good' : 'waiting', text: whenText(window, nowMs, timeZone) }
}

export const isDayUsedUp = ({ caps, overridden }: SyncView): boolean =>
  !overridden && caps.megabytesPerDay !== undefined && caps.usedBytesToday >= caps.megabytesPerDay * 1_000_000

export const describeUse = ({ caps }: SyncView): string => {
  const used = formatBytes(caps.usedBytesToday)
  return caps.megabytesPerDay === undefined ? words.used(used) : words.usedOf(used, formatBytes(caps.megabytesPerDay * 1_000_000))
}

export const describeForecast = ({ forecast }: SyncView, nowMs: number, timeZone: string): { text: string; note?: string } => {
  if (!forecast) return { text: words.nothingWaits }
  const { records, catalogue, throughAt } = forecast
  const note = words.waiting(records, catalogue)
  return {
    text: throughAt === undefined ? words.cannotSay : words.throughAt(formatMoment(throughAt, nowMs, timeZone)),
    ...(note ? { note } : {}),
  }
}

/** Null while the clock is right, or nobody knows. */
export const describeClock = ({ clock }: SyncView): { title: string; text: string } | null => {
  if (!clock?.drifting) return null
  const minutes = Math.max(1, Math.round(Math.abs(clock.offsetMs) / 60_000))
  return { title: words.clockTitle, text: words.clockText(minutes, clock.offsetMs > 0) }
}
