import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addNumber, hasNumber, numbersBeyond, type Run } from './number-ranges.ts'

const runsOf = (numbers: readonly number[]): Run[] => {
  const runs: Run[] = []
  for (const number of numbers) addNumber(runs, number)
  return runs
}
const some = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 })

it('[CAP26] runs hold what a set of numbers does, whatever the order', () => {
  fc.assert(
    fc.property(some, some, fc.integer({ min: -1, max: 40 }), fc.integer({ min: 0, max: 41 }), (a, b, above, below) => {
      const [runs, others] = [runsOf(a), runsOf(b)]
      const set = new Set(a)
      for (let n = 0; n <= 41; n += 1) expect(hasNumber(runs, n)).toBe(set.has(n))
      for (let at = 1; at < runs.length; at += 1) expect((runs[at] as Run).from).toBeGreaterThan((runs[at - 1] as Run).to + 1)
      const expected = [...set].filter((n) => !b.includes(n) && n > above && n < below).sort((x, y) => x - y)
      expect([...numbersBeyond(runs, others, above, below)]).toEqual(expected)
    }),
  )
})
