/**
 * What store and hub have compared, day by day: which days are asked about next, and what the manager is shown. A day that agreed is
 * asked again once it has grown; the newest always is.
 */
import type { ComparedDay, DayDigest, Span } from '../contract/comparison.ts'
import type { BusinessDay } from '../contract/vocabulary.ts'

interface Compared {
  businessDay: BusinessDay
  fingerprint: string
  outcome: ComparedDay['outcome']
}
export type ComparedDays = ReadonlyMap<string, Compared>

/** A day that is told in parts has a key for each. */
const keyOf = ({ incarnation, businessDay, spans }: DayDigest): string => `${incarnation} ${businessDay} ${spans[0]?.fromSeq}`
const fingerprintOf = ({ count, digest, spans }: DayDigest): string => `${count} ${digest} ${spans.length}`

/** `days` is newest first. */
export const daysToCompare = (days: readonly DayDigest[], compared: ComparedDays): DayDigest[] =>
  days.filter((day) => {
    const before = compared.get(keyOf(day))
    return day.businessDay === days[0]?.businessDay || before?.outcome !== 'agrees' || before.fingerprint !== fingerprintOf(day)
  })

/** What this day's outcome was when it was last compared as it is now. */
export const outcomeBefore = (compared: ComparedDays, day: DayDigest): ComparedDay['outcome'] | undefined => {
  const before = compared.get(keyOf(day))
  return before?.fingerprint === fingerprintOf(day) ? before.outcome : undefined
}

export const withOutcome = (compared: ComparedDays, day: DayDigest, outcome: ComparedDay['outcome']): ComparedDays =>
  new Map([...compared, [keyOf(day), { businessDay: day.businessDay, fingerprint: fingerprintOf(day), outcome }]])

/** Days that the journal does not offer any more are forgotten. */
export const onlyOf = (compared: ComparedDays, days: readonly DayDigest[]): ComparedDays => {
  const offered = new Set(days.map(keyOf))
  return new Map([...compared].filter(([key]) => offered.has(key)))
}

export const comparedSummary = (compared: ComparedDays): { days: number; differing: BusinessDay[] } => {
  const all = [...compared.values()]
  const differing = all.filter(({ outcome }) => outcome === 'differs' || outcome === 'lacks').map(({ businessDay }) => businessDay)
  return { days: new Set(all.map((one) => one.businessDay)).size, differing: [...new Set(differing)].sort().slice(-31) }
}

/** The part of what the hub wants that this day has: it is given nothing else. */
export const spansWithin = (wanted: readonly Span[], own: readonly Span[]): Span[] =>
  wanted.flatMap((want) =>
    own
      .map((have) => ({ fromSeq: Math.max(want.fromSeq, have.fromSeq), toSeq: Math.min(want.toSeq, have.toSeq) }))
      .filter(({ fromSeq, toSeq }) => fromSeq <= toSeq),
  )
