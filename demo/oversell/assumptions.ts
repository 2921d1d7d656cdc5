/** What the scenario assumes, in one place; docs/oversell.md tells it in words. Times are milliseconds, rates are units an hour. */

export const secondMs = 1_000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** Friday 00:00 to Monday 00:00. */
export const startMs = Date.UTC(2026, 10, 27)
export const days = 3
export const endMs = startMs + days * dayMs

export const opensAt = 9
export const closesAt = 21

/** Ranges are drawn from evenly. */
type Range = readonly [number, number]

export interface Assumptions {
  /** What an average open hour sells over the counter of an average store in ordinary weeks. */
  usualPerHour: readonly number[]
  /** How much the promotion multiplies that by, drawn for each item. */
  promotion: Range
  /** Whole chain, item and hour: the shape of the gamma that bursts are drawn from. */
  burstShape: number
  /** Stores differ: their demand is drawn in this range, times the average. */
  storeSize: Range
  /** Stock at the start is so many hours of promotion demand, drawn for each store and item. */
  stockHours: Range
  /** Online demand as a share of the counter's. */
  websiteShare: number
  marketShare: number
  /** Of what is sold over the counter. */
  returnShare: number
  /** Lost without a receipt, for each unit sold. */
  shrinkage: number
  /** Days since the last count at the start, at most. */
  countedDaysAgo: number
  /** Chance that a store counts an item on a morning. */
  countChance: number
  /** Outages a store and day: long ones of hours, short ones of minutes. */
  longOutages: { perDay: number; ms: Range }
  shortOutages: { perDay: number; ms: Range }
  /** From an order's arrival until it is off the shelf, while the store is open; at opening for those of the night. */
  pickMs: Range
  erpEveryMs: number
  marketEveryMs: number
  /** The marketplace's own: until it shows a figure, and until its order reaches the centre. */
  marketShowsMs: number
  marketOrdersMs: number
  /** Sale to hub, with the line up. */
  lineMs: number
  drainMs: number
  heartbeatMs: number
  noticeMs: number
}

export const usualAssumptions: Assumptions = {
  usualPerHour: [0.08, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.35, 0.4],
  promotion: [3, 6],
  burstShape: 4,
  storeSize: [0.5, 1.8],
  stockHours: [25, 90],
  websiteShare: 0.2,
  marketShare: 0.15,
  returnShare: 0.03,
  shrinkage: 0.015,
  countedDaysAgo: 28,
  countChance: 0.05,
  longOutages: { perDay: 0.12, ms: [1 * hourMs, 9 * hourMs] },
  shortOutages: { perDay: 1.5, ms: [1 * minuteMs, 12 * minuteMs] },
  pickMs: [3 * minuteMs, 30 * minuteMs],
  erpEveryMs: 5 * minuteMs,
  marketEveryMs: 10 * minuteMs,
  marketShowsMs: 2 * minuteMs,
  marketOrdersMs: 1 * minuteMs,
  lineMs: 250,
  drainMs: 5 * secondMs,
  heartbeatMs: minuteMs,
  noticeMs: 45 * secondMs,
}

const shapeOfDay = [0.6, 0.8, 1, 1.2, 1.1, 1, 1.1, 1.3, 1.5, 1.3, 0.8, 0.5]
const weekdays = [0.8, 0.8, 0.8, 0.9, 1.1, 1.6, 0]

/** Shops are closed on ordinary Sundays; this weekend's is open. */
const sundayOfPromotion = 1

/** What an hour of the week usually sells, times the average open hour; Monday 00:00 first. */
export const weightOfHour = (hourOfWeek: number): number => {
  const [day, hour] = [Math.floor(hourOfWeek / 24), hourOfWeek % 24]
  const weekday = day === 6 ? sundayOfPromotion : (weekdays[day] ?? 0)
  return hour < opensAt || hour >= closesAt ? 0 : (shapeOfDay[hour - opensAt] ?? 0) * weekday
}

export const hourOfWeekPpm: readonly number[] = Array.from({ length: 168 }, (_, hour) => Math.round(weightOfHour(hour) * 1_000_000))

export const hourOfWeekAt = (atMs: number): number => (Math.floor(atMs / hourMs) + 72) % 168

export const isOpen = (atMs: number): boolean => weightOfHour(hourOfWeekAt(atMs)) > 0

/** Online demand has no closing time. */
export const onlineWeight = (hourOfDay: number): number => (hourOfDay < 7 ? 0.15 : hourOfDay < 17 ? 0.9 : hourOfDay < 23 ? 1.8 : 0.6)

/** The next moment when a picker may start. */
export const nextOpening = (atMs: number): number => {
  if (isOpen(atMs)) return atMs
  const midnight = Math.floor(atMs / dayMs) * dayMs
  const opening = midnight + opensAt * hourMs
  return opening > atMs ? opening : opening + dayMs
}
