/**
 * The ledger of one workstation's business day: which sequence numbers were seen, are explained, were never given, or are missing. All
 * of it follows from the set of what arrived, in whatever order [CMP1].
 *
 *   over days      after the day before's last number comes the next one, or 0, or 1, or the number that the day before began with
 *   a hole there   belongs to the earlier day; a counter that went back to another number lost what is below it, in the later day
 *
 * Limits: what was lost before the first day's first number, behind the newest day's last one, or right before a counter began anew with a
 * day, leaves no trace in the numbers.
 */
import type { DayLedger, NumberRange } from '../contract/day-close.ts'
import type { Transaction } from '../contract/transaction.ts'
import { findRollover } from './ledger-rollover.ts'
import { addNumber, countNumbers, holesOf, type Run, type Runs, subtractRanges } from './ledger-runs.ts'

const explainingKinds = ['suspended', 'cancelled', 'training'] as const
type ExplainingKind = (typeof explainingKinds)[number]
const isExplaining = (kind: Transaction['kind']): kind is ExplainingKind => explainingKinds.some((one) => one === kind)

/** The numbers of one workstation's day. */
export interface DayNumbers {
  /** Borne by a transaction, or by one that conflicts with another. */
  seen: Runs
  /** Seen with a kind that needs no explanation. */
  plain: Runs
  explained: Readonly<Record<ExplainingKind, Runs>>
  /** Read off an input in quarantine. */
  claimed: Runs
}

export const noNumbers: DayNumbers = { seen: [], plain: [], explained: { suspended: [], cancelled: [], training: [] }, claimed: [] }

export const seeNumber = (
  numbers: DayNumbers,
  { sequenceNumber, kind, endedAt }: Pick<Transaction, 'sequenceNumber' | 'kind' | 'endedAt'>,
): DayNumbers => {
  const seen = addNumber(numbers.seen, sequenceNumber, endedAt)
  if (!isExplaining(kind)) return { ...numbers, seen, plain: addNumber(numbers.plain, sequenceNumber) }
  return { ...numbers, seen, explained: { ...numbers.explained, [kind]: addNumber(numbers.explained[kind], sequenceNumber) } }
}

export const claimNumber = (numbers: DayNumbers, sequenceNumber: number): DayNumbers => ({
  ...numbers,
  claimed: addNumber(numbers.claimed, sequenceNumber),
})

/** A number in quarantine may be misread: only one this near to a number seen lengthens the day. */
const nearby = 1_000

const isNear = (runs: Runs, number: number): boolean => runs.some(({ from, to }) => number >= from - nearby && number <= to + nearby)

/** What the day's ends and holes are told by. */
const anchorsOf = ({ seen, claimed }: DayNumbers): Runs => {
  if (seen.length === 0) return claimed
  let anchors = seen
  for (const { from, to } of claimed)
    for (let number = from; number <= to; number += 1) if (isNear(seen, number)) anchors = addNumber(anchors, number)
  return anchors
}

/** A day in the order in which its counter ran. */
export interface DaySequence {
  first: number
  last: number
  rolledOver: NumberRange[]
  holes: NumberRange[]
}

/** Null for a day without numbers. */
export const sequenceOf = (numbers: DayNumbers): DaySequence | null => {
  const runs = anchorsOf(numbers)
  const [low, high] = [runs[0], runs.at(-1)] as [Run | undefined, Run | undefined]
  if (!low || !high) return null
  const holes = holesOf(runs)
  const rollover = findRollover(runs)
  if (!rollover) return { first: low.from, last: high.to, rolledOver: [], holes }
  const { between, wanting } = rollover
  const others = [...holes.filter((hole) => hole.from !== between.from), ...wanting].sort((a, b) => a.from - b.from)
  return { first: between.to + 1, last: between.from - 1, rolledOver: [between], holes: others }
}

const beginsAnew = (earlier: DaySequence, { first }: DaySequence): boolean => first <= 1 || first === earlier.first

/** Lost at the end of the earlier day. */
const behindLast = (earlier: DaySequence, later: DaySequence): NumberRange[] =>
  beginsAnew(earlier, later) || later.first <= earlier.last + 1 ? [] : [{ from: earlier.last + 1, to: later.first - 1 }]

/** Lost at the start of a later day whose counter went back. */
const beforeFirst = (earlier: DaySequence, later: DaySequence): NumberRange[] =>
  beginsAnew(earlier, later) || later.first > earlier.last ? [] : [{ from: 1, to: later.first - 1 }]

/** `before` and `after` are the workstation's nearest days that have numbers, where there are any. */
export const dayLedger = (day: DayNumbers, before?: DayNumbers, after?: DayNumbers): DayLedger => {
  const { seen, plain, explained, claimed } = day
  const onlyClaimed = subtractRanges(claimed, seen)
  const countOf = (kind: ExplainingKind, besides: readonly NumberRange[]): number => countNumbers(subtractRanges(explained[kind], besides))
  const counts = {
    suspended: countOf('suspended', plain),
    cancelled: countNumbers(subtractRanges(subtractRanges(explained.cancelled, plain), explained.suspended)),
    training: countNumbers(
      subtractRanges(subtractRanges(subtractRanges(explained.training, plain), explained.suspended), explained.cancelled),
    ),
    quarantined: countNumbers(onlyClaimed),
  }
  const sequence = sequenceOf(day)
  const seenCount = countNumbers(seen) + counts.quarantined
  if (!sequence) return { seen: seenCount, explained: counts, rolledOver: [], missing: [] }
  const [earlier, later] = [before && sequenceOf(before), after && sequenceOf(after)]
  const gaps = [...(earlier ? beforeFirst(earlier, sequence) : []), ...sequence.holes, ...(later ? behindLast(sequence, later) : [])].sort(
    (a, b) => a.from - b.from,
  )
  const known = [day.claimed, before?.claimed ?? [], after?.claimed ?? [], seen]
  const missing = known.reduce<NumberRange[]>((rest, numbers) => subtractRanges(rest, numbers), gaps)
  return { first: sequence.first, last: sequence.last, seen: seenCount, explained: counts, rolledOver: sequence.rolledOver, missing }
}
