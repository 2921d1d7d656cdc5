/**
 * When the present backlog will be through: the work of each class is laid, in the order of the classes, into the time that its windows
 * and bounds leave, at the measured speed. Null where nobody can say.
 */
import { trafficClasses, type TrafficCaps, type TrafficClass } from '../contract/traffic.ts'
import { bytesPerDayOf, bytesPerSecondOf } from './traffic.ts'
import type { WindowState } from './windows.ts'

export interface ForecastInputs {
  nowMs: number
  /** Bytes still to move. */
  work: Readonly<Record<TrafficClass, number>>
  /** Measured; absent while nothing of size has moved. */
  bytesPerSecond: number | undefined
  caps: TrafficCaps
  usedBytesToday: number
  overridden: boolean
  windowAt(trafficClass: TrafficClass, ms: number): WindowState
  /** The first moment of the next day. */
  nextDayAt(ms: number): number
}

const longestLookMs = 31 * 86_400_000
const mostSegments = 4_000

interface Course {
  atMs: number
  left: Record<TrafficClass, number>
  usedBytesToday: number
  dayEndsAtMs: number
}

export const throughAtMs = (inputs: ForecastInputs): number | null => {
  const { nowMs, work } = inputs
  const speed = Math.min(inputs.bytesPerSecond ?? Infinity, bytesPerSecondOf(inputs.caps) ?? Infinity)
  const course = { atMs: nowMs, left: { ...work }, usedBytesToday: inputs.usedBytesToday, dayEndsAtMs: inputs.nextDayAt(nowMs) }
  for (let segment = 0; segment < mostSegments && course.atMs - nowMs <= longestLookMs; segment++) {
    if (trafficClasses.every((c) => course.left[c] <= 0)) return Math.ceil(course.atMs)
    if (!Number.isFinite(speed) || !advance(course, speed, inputs)) return null
  }
  return null
}

/** One stretch in which nothing changes. False: nothing will ever change. */
const advance = (course: Course, speed: number, inputs: ForecastInputs): boolean => {
  const { atMs } = course
  const pending = trafficClasses.filter((c) => course.left[c] > 0)
  const windows = new Map(pending.map((c) => [c, inputs.overridden ? { open: true } : inputs.windowAt(c, atMs)] as const))
  const budget = inputs.overridden ? null : bytesPerDayOf(inputs.caps)
  const dayLeft = budget === null ? Infinity : budget - course.usedBytesToday
  const moving = pending.find((c) => windows.get(c)?.open && (c === 'urgent' || dayLeft > 0))
  const changes = [...windows.values()].flatMap((w) => w.changesAtMs ?? [])
  // Of a day whose bound is used up no window needs to be looked at.
  const isOver = dayLeft <= 0 && course.left.urgent <= 0
  const untilMs = isOver ? course.dayEndsAtMs : Math.min(...changes, budget === null ? Infinity : course.dayEndsAtMs)
  if (!moving) return untilMs === Infinity ? false : moveOn(course, untilMs, inputs)
  const bytes = Math.min(course.left[moving], moving === 'urgent' ? Infinity : dayLeft, ((untilMs - atMs) * speed) / 1_000)
  course.left[moving] -= bytes
  course.usedBytesToday += bytes
  const endMs = atMs + (bytes * 1_000) / speed
  // What rounding leaves of a byte must not hold up the end.
  if (course.left[moving] < 1) course.left[moving] = 0
  return moveOn(course, untilMs - endMs < 1 ? untilMs : endMs, inputs)
}

const moveOn = (course: Course, toMs: number, inputs: ForecastInputs): boolean => {
  course.atMs = toMs
  if (toMs >= course.dayEndsAtMs) {
    course.usedBytesToday = 0
    course.dayEndsAtMs = inputs.nextDayAt(toMs)
  }
  return true
}
