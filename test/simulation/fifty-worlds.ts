/** Fifty worlds in a row, as every push runs them: none breaks an invariant, and they sell and suffer enough to mean something. */
import { expect } from 'vitest'
import { failureText, runSeeds } from './run-seeds.ts'

export const expectFiftyWorlds = async (from: number): Promise<void> => {
  const sum = await runSeeds(Array.from({ length: 50 }, (_, index) => from + index))
  expect(sum.failures.map(failureText).join('\n\n')).toBe('')
  expect(sum.transactions).toBeGreaterThan(300)
  expect(Object.keys(sum.faults).length).toBeGreaterThan(25)
}
