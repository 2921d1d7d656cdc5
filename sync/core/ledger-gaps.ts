/** How long numbers have been missing: those that were before keep their time, those that arrived are gone. */
import type { NumberRange } from '../contract/day-close.ts'
import { intersectRanges, subtractRanges } from './ledger-runs.ts'

/** A steady clock's milliseconds. */
export interface Gap extends NumberRange {
  sinceMs: number
}

const byNumber = (a: NumberRange, b: NumberRange): number => a.from - b.from

export const ageGaps = (gaps: readonly Gap[], missing: readonly NumberRange[], nowMs: number): Gap[] => {
  const still = gaps.flatMap(({ from, to, sinceMs }) => intersectRanges([{ from, to }], missing).map((range) => ({ ...range, sinceMs })))
  const fresh = subtractRanges(missing, gaps).map((range) => ({ ...range, sinceMs: nowMs }))
  return [...still, ...fresh].sort(byNumber)
}

/** So many numbers in a row are told one by one; more of them as one range. */
const oneByOne = 20
/** More pieces than this at once are told as one. */
const piecesAtMost = 50

/** What is to be told of the numbers that are due and that nobody was told of. */
export const tellGaps = (due: readonly NumberRange[], told: readonly NumberRange[]): NumberRange[] => {
  const untold = told.toSorted(byNumber).reduce<NumberRange[]>((rest, range) => subtractRanges(rest, [range]), [...due])
  const pieces = untold.flatMap(({ from, to }) =>
    to - from + 1 > oneByOne ? [{ from, to }] : Array.from({ length: to - from + 1 }, (_, i) => ({ from: from + i, to: from + i })),
  )
  const [first, last] = [pieces[0], pieces.at(-1)]
  return first && last && pieces.length > piecesAtMost ? [{ from: first.from, to: last.to }] : pieces
}
