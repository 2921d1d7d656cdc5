/**
 * How fast an item sells at a store, and how much of it in a stretch of time. A night is not eight hours of selling: an hour of the week
 * weighs what it usually sells, in parts per million of the average hour.
 */

export interface Velocity {
  /** Thousandths of a unit in an average hour of the profile; without a profile, in any hour. */
  milliPerHour: number
  /** 168 weights, Monday 00:00 UTC first; 1,000,000 is an average hour, 0 a closed one. */
  hourOfWeekPpm?: readonly number[]
}

const hourMs = 3_600_000
const million = 1_000_000
const hoursOfWeek = 168
/** 1 January 1970 was a Thursday. */
const hoursFromMonday = 72
/** A year of silence says no more than eight weeks do. */
export const longestMs = 56 * 24 * hourMs
/** Estimates beyond a million units say nothing more. */
export const greatestMicro = 1_000_000 * million

export const weightAt = ({ hourOfWeekPpm }: Velocity, atMs: number): number =>
  hourOfWeekPpm === undefined ? million : (hourOfWeekPpm[(Math.floor(atMs / hourMs) + hoursFromMonday) % hoursOfWeek] ?? 0)

/** Millionths of a unit; milli an hour for so many ms is milli × ms / 3,600 of them. */
const microOf = (milliPerHour: number, weightedMs: number): number =>
  Math.min(greatestMicro, Math.round((Math.max(0, milliPerHour) / 3_600) * weightedMs))

const weekMs = hoursOfWeek * hourMs

/** Weights summed from Monday on: 168 sums and the whole week's. */
const sumsOf = new WeakMap<readonly number[], number[]>()

const weightSums = (hourOfWeekPpm: readonly number[]): number[] => {
  const known = sumsOf.get(hourOfWeekPpm)
  if (known !== undefined) return known
  const sums = [0]
  for (let hour = 0; hour < hoursOfWeek; hour += 1) sums.push((sums[hour] ?? 0) + (hourOfWeekPpm[hour] ?? 0))
  sumsOf.set(hourOfWeekPpm, sums)
  return sums
}

/** Weighted milliseconds since a Monday; hours are whole numbers of parts per million, so that nothing is lost in the sums. */
const weightedSince = (mondayMs: number, atMs: number, hourOfWeekPpm: readonly number[]): number => {
  const sums = weightSums(hourOfWeekPpm)
  const weeks = Math.floor((atMs - mondayMs) / weekMs)
  const intoWeek = atMs - mondayMs - weeks * weekMs
  const hour = Math.floor(intoWeek / hourMs)
  const whole = weeks * (sums[hoursOfWeek] ?? 0) + (sums[hour] ?? 0)
  return (whole / million) * hourMs + (intoWeek - hour * hourMs) * ((hourOfWeekPpm[hour] ?? 0) / million)
}

/** What is expected to be sold between two moments. */
export const expectedMicro = ({ milliPerHour, hourOfWeekPpm }: Velocity, fromMs: number, toMs: number): number => {
  const from = Math.max(fromMs, toMs - longestMs)
  if (from >= toMs) return 0
  if (hourOfWeekPpm === undefined) return microOf(milliPerHour, toMs - from)
  const mondayMs = Math.floor((from + hoursFromMonday * hourMs) / weekMs) * weekMs - hoursFromMonday * hourMs
  return microOf(milliPerHour, weightedSince(mondayMs, toMs, hourOfWeekPpm) - weightedSince(mondayMs, from, hourOfWeekPpm))
}

/** What is expected to be sold in the next so many milliseconds of trading: closed hours pass without counting. */
export const expectedNextMicro = (velocity: Velocity, fromMs: number, tradingMs: number): number => {
  let [weightedMs, left, at] = [0, tradingMs, fromMs]
  for (let hours = 0; left > 0 && hours <= hoursOfWeek + left / hourMs; hours += 1) {
    const next = (Math.floor(at / hourMs) + 1) * hourMs
    const weight = weightAt(velocity, at)
    const taken = weight === 0 ? 0 : Math.min(left, next - at)
    weightedMs += taken * (weight / million)
    left -= taken
    at = next
  }
  return microOf(velocity.milliPerHour, weightedMs)
}

export interface SeenSales {
  /** What an average hour sold in ordinary weeks, here. */
  usualMilliPerHour: number
  /** What was seen here lately: the hub's own sum over hours (weighted by the profile) whose records are complete. */
  recent: { soldMilli: number; hoursMilli: number }
  /** The same item lately at all stores that report, and what was to be expected there: a promotion shows here first. */
  chain: { soldMilli: number; expectedMilli: number }
}

/** Usual sales weigh as much as two hours of seen ones, and the chain's factor starts as if ten units had sold as expected. */
const usualHoursMilli = 2_000
const chainPriorMilli = 10_000

/**
 * Usual velocity × how the item sells now across the stores that report, corrected by what this store sold itself (the mean of a
 * Gamma prior after Poisson counts). An offline store's promotion is seen by its neighbours.
 */
export const estimateVelocity = ({ usualMilliPerHour, recent, chain }: SeenSales): number => {
  const factor = (Math.max(0, chain.soldMilli) + chainPriorMilli) / (Math.max(0, chain.expectedMilli) + chainPriorMilli)
  const prior = usualMilliPerHour * factor * usualHoursMilli
  return Math.round((prior + Math.max(0, recent.soldMilli) * 1_000) / (usualHoursMilli + Math.max(0, recent.hoursMilli)))
}
