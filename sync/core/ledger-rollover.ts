/**
 * Did a till's counter begin again within one day? Told from the numbers alone, with the till's own times as a witness:
 *
 *   0 or 1 ══════ b        a ══════ greatest        a … greatest came before 0 or 1 … b; between b and a nothing was given
 *
 * Both ends of the counter's range are there, and the hole between is greater than all others together; or up to 20 numbers are wanting at the ends,
 * and then only the till's times, which step back over the hole, decide. Times that go on over the hole deny it: then the hole is missing.
 *
 * Limits: a counter that goes round twice in a day gives its numbers twice; a day of a till that prints one time for all, reaches its
 * greatest number exactly and lost the greater part of it looks like one that began again.
 */
import type { NumberRange } from '../contract/day-close.ts'
import { countNumbers, holesOf, type Run, type Runs } from './ledger-runs.ts'

const greatestNumbers = [999, 9_999, 32_767, 65_535, 99_999, 999_999, 9_999_999, 99_999_999, 999_999_999, 2 ** 31 - 1, 2 ** 32 - 1]
const wantingAtMost = 20

export interface Rollover {
  /** Never given. */
  between: NumberRange
  /** Lost where the counter began again. */
  wanting: NumberRange[]
}

const hasOffset = /(?:Z|[+-]\d{2}:?\d{2})$/

/** Milliseconds from a to b; undefined where the two cannot be compared. */
const elapsedMs = (a: string | undefined, b: string | undefined): number | undefined => {
  if (a === undefined || b === undefined || hasOffset.test(a) !== hasOffset.test(b)) return undefined
  const suffix = hasOffset.test(a) ? '' : 'Z'
  return Date.parse(`${b}${suffix}`) - Date.parse(`${a}${suffix}`)
}

type Witness = 'confirms' | 'denies' | 'silent'

const witnessOf = (runs: Runs, index: number): Witness => {
  const overTheHole = elapsedMs(runs[index]?.toAt, runs[index + 1]?.fromAt)
  const overAll = elapsedMs(runs[0]?.fromAt, runs.at(-1)?.toAt)
  if (overTheHole === undefined || overAll === undefined) return 'silent'
  if (overTheHole > 0 || overAll > 0) return 'denies'
  return overTheHole < 0 ? 'confirms' : 'silent'
}

const rangeUnlessEmpty = (from: number, to: number): NumberRange[] => (from <= to ? [{ from, to }] : [])

export const findRollover = (runs: Runs): Rollover | null => {
  const [low, high] = [runs[0], runs.at(-1)] as [Run | undefined, Run | undefined]
  if (!low || !high || low === high) return null
  const greatest = greatestNumbers.find((number) => number >= high.to)
  if (greatest === undefined) return null
  const wanting = [...rangeUnlessEmpty(high.to + 1, greatest), ...rangeUnlessEmpty(1, low.from - 1)]
  if (wanting.some(({ from, to }) => to - from + 1 > wantingAtMost)) return null

  const holes = holesOf(runs)
  const witnesses = holes.map((_, index) => witnessOf(runs, index))
  const confirmed = holes.filter((_, index) => witnesses[index] === 'confirms')
  const [only] = confirmed
  if (only && confirmed.length === 1) return { between: only, wanting }
  const possible = confirmed.length > 0 ? confirmed : wanting.length === 0 ? holes.filter((_, i) => witnesses[i] === 'silent') : []
  const between = possible.find((hole) => 2 * countNumbers([hole]) > countNumbers(holes))
  return between ? { between, wanting } : null
}
