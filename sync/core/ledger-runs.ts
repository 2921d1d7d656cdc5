/**
 * A set of sequence numbers as runs: ascending, apart by at least one number. A day of thousands in order is one run. The till's times are
 * kept at the ends of each run alone. Adding in any order, and again, gives the same runs.
 */
import type { NumberRange } from '../contract/day-close.ts'

export interface Run extends NumberRange {
  /** The till's times of the two end numbers, as printed; undefined where nobody knows them. */
  fromAt: string | undefined
  toAt: string | undefined
}
export type Runs = readonly Run[]

/** Index of the first run that ends at the number or behind it. */
const indexOf = (runs: Runs, number: number): number => {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((runs[middle]?.to ?? Infinity) < number) low = middle + 1
    else high = middle
  }
  return low
}

/** One of the two, whichever came first into the set. */
const oneOf = (a: string | undefined, b: string | undefined): string | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

const startTime = (run: Run, number: number, at: string | undefined): string | undefined =>
  number < run.from ? at : number === run.from ? oneOf(run.fromAt, at) : run.fromAt
const endTime = (run: Run, number: number, at: string | undefined): string | undefined =>
  number > run.to ? at : number === run.to ? oneOf(run.toAt, at) : run.toAt

/** The same runs when nothing changes. */
export const addNumber = (runs: Runs, number: number, at?: string): Runs => {
  const index = indexOf(runs, number - 1)
  const run = runs[index]
  if (!run || run.from > number + 1) return runs.toSpliced(index, 0, { from: number, to: number, fromAt: at, toAt: at })
  if (number > run.from && number < run.to) return runs
  const next = runs[index + 1]
  const joined = next && number === run.to + 1 && next.from === number + 1 ? next : undefined
  const grown: Run = {
    from: Math.min(run.from, number),
    to: joined?.to ?? Math.max(run.to, number),
    fromAt: startTime(run, number, at),
    toAt: joined ? joined.toAt : endTime(run, number, at),
  }
  return runs.toSpliced(index, joined ? 2 : 1, grown)
}

export const hasNumber = (runs: readonly NumberRange[], number: number): boolean =>
  runs.some(({ from, to }) => from <= number && number <= to)

export const countNumbers = (ranges: readonly NumberRange[]): number => ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)

/** What of `ranges` is in none of `others`; both ascending. */
export const subtractRanges = (ranges: readonly NumberRange[], others: readonly NumberRange[]): NumberRange[] => {
  const rest: NumberRange[] = []
  let at = 0
  for (const { from, to } of ranges) {
    let start = from
    while ((others[at]?.to ?? Infinity) < from) at += 1
    for (let i = at; (others[i]?.from ?? Infinity) <= to; i += 1) {
      const other = others[i] as NumberRange
      if (other.from > start) rest.push({ from: start, to: other.from - 1 })
      start = Math.max(start, other.to + 1)
    }
    if (start <= to) rest.push({ from: start, to })
  }
  return rest
}

export const intersectRanges = (ranges: readonly NumberRange[], others: readonly NumberRange[]): NumberRange[] =>
  subtractRanges(ranges, subtractRanges(ranges, others))

/** The holes between the runs. */
export const holesOf = (runs: readonly NumberRange[]): NumberRange[] =>
  runs.slice(1).map(({ from }, index) => ({ from: (runs[index] as NumberRange).to + 1, to: from - 1 }))
