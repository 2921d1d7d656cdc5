/** The first hundred of the two hundred worlds of every push. */
import { expect, it } from 'vitest'
import { failureText, runSeeds } from './run-seeds.ts'

it.each([1, 51])(
  '[OPS8] fifty worlds from seed %i come to rest with every invariant kept',
  async (from) => {
    const sum = await runSeeds(Array.from({ length: 50 }, (_, index) => from + index))
    expect(sum.failures.map(failureText).join('\n\n')).toBe('')
    expect(sum.transactions).toBeGreaterThan(300)
    expect(Object.keys(sum.faults).length).toBeGreaterThan(25)
  },
  15 * 60_000,
)
