/** Seeds one after the other in this process: counts, and of each failure the shortest list of faults that still fails. */
import { openPostgres } from './postgres.ts'
import type { Fault } from './fault.ts'
import { shrink } from './shrink.ts'
import { addCounts } from './tally.ts'
import { faultsOf, runWorld } from './world.ts'

export interface Failure {
  seed: number
  violations: readonly string[]
  faults: readonly Fault[]
}

export interface Sum {
  seeds: number
  transactions: number
  events: number
  failures: Failure[]
  faults: Record<string, number>
}

export const emptySum = (): Sum => ({ seeds: 0, transactions: 0, events: 0, failures: [], faults: {} })

export const addSum = (into: Sum, more: Sum): void => {
  into.seeds += more.seeds
  into.transactions += more.transactions
  into.events += more.events
  into.failures.push(...more.failures)
  addCounts(into.faults, more.faults)
}

const runSeed = async (seed: number): Promise<Sum> => {
  const faults = faultsOf(seed)
  const { violations, counts, transactions, events } = await runWorld({ seed, faults })
  const sum: Sum = { seeds: 1, transactions, events, failures: [], faults: { ...counts } }
  if (violations.length === 0) return sum
  const shrunk = await shrink({ seed, faults })
  sum.failures.push({ seed, violations: shrunk.outcome.violations, faults: shrunk.faults })
  return sum
}

/** What throws is a failure as well, and the next seed goes on. */
export const runSeeds = async (seeds: Iterable<number>, onSeed: (sum: Sum) => void = () => undefined): Promise<Sum> => {
  await openPostgres()
  const sum = emptySum()
  for (const seed of seeds) {
    const one = await runSeed(seed).catch((error: unknown): Sum => {
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { ...emptySum(), seeds: 1, failures: [{ seed, violations: [words], faults: faultsOf(seed) }] }
    })
    addSum(sum, one)
    onSeed(one)
  }
  return sum
}

export const failureText = ({ seed, violations, faults }: Failure): string =>
  [
    `seed ${seed} fails:`,
    ...violations.map((words) => `  ${words}`),
    '  with',
    ...faults.map((fault) => `  ${JSON.stringify(fault)}`),
  ].join('\n')
