/** Receipt numbers in words, by till, runs together: `till 1: 3–5, 9; till 2: 7`. Pure. */
import type { Transaction } from '#sync/contract/transaction.ts'
import { grouped } from '../grouped.ts'

/** More runs of one till than this are counted, not named. */
const mostRuns = 20

export const wordNumbers = (receipts: readonly Pick<Transaction, 'workstationId' | 'sequenceNumber'>[]): string =>
  [...grouped(receipts, ({ workstationId }) => workstationId)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([till, each]) => `till ${till}: ${wordRuns(each.map(({ sequenceNumber }) => sequenceNumber))}`)
    .join('; ')

const wordRuns = (numbers: readonly number[]): string => {
  const runs: { from: number; to: number }[] = []
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.to === number - 1) last.to = number
    else runs.push({ from: number, to: number })
  }
  const named = runs.slice(0, mostRuns).map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`))
  return [...named, ...(runs.length > mostRuns ? [`${runs.length - mostRuns} more runs`] : [])].join(', ')
}
