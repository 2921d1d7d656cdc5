/** Sets of whole numbers as ascending runs: a till's day is a few runs, however many sales it has. */

export interface Run {
  from: number
  to: number
}
export type Runs = readonly Run[]

export const addNumber = (runs: Run[], number: number): void => {
  let at = runs.length
  while (at > 0 && (runs[at - 1] as Run).from > number) at -= 1
  const before = runs[at - 1]
  if (before && before.to >= number) return
  const behind = runs[at]
  const joinsBefore = before?.to === number - 1
  const joinsBehind = behind?.from === number + 1
  if (joinsBefore && joinsBehind) {
    before.to = behind.to
    runs.splice(at, 1)
  } else if (joinsBefore) before.to = number
  else if (joinsBehind) behind.from = number
  else runs.splice(at, 0, { from: number, to: number })
}

export const hasNumber = (runs: Runs, number: number): boolean => runs.some(({ from, to }) => from <= number && number <= to)

/** Numbers of `runs` that `others` lack, within (above, below). */
export const numbersBeyond = function* (runs: Runs, others: Runs, above: number, below: number): Generator<number> {
  let at = 0
  for (const { from, to } of runs) {
    for (let number = Math.max(from, above + 1); number <= Math.min(to, below - 1); number += 1) {
      while (at < others.length && (others[at] as Run).to < number) at += 1
      const other = others[at]
      if (other && other.from <= number) number = other.to
      else yield number
    }
  }
}
