/** The second hundred of the two hundred worlds of every push: in a file of its own, for the other core. */
import { expect, it } from 'vitest'
import { failureText, runSeeds } from './run-seeds.ts'

it.each([101, 151])(
  '[OPS8] fifty worlds from seed %i come to rest with every invariant kept',
  async (from) => {
    const sum = await runSeeds(Array.from({ length: 50 }, (_, index) => from + index))
    expect(sum.failures.map(failureText).join('\n\n')).toBe('')
    expect(sum.transactions).toBeGreaterThan(300)
    expect(Object.keys(sum.faults).length).toBeGreaterThan(25)
  },
  15 * 60_000,
)
