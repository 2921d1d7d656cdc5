/** What was found: taken, known already, conflicting, quarantined. Equal keys are told apart by their content's hash, over all files. */
import { createHash } from 'node:crypto'
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { canonicalText, naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'

export interface Problem {
  where: string
  messages: string[]
}
interface CurrencyTotal {
  transactions: number
  grandMinor: number
}

export interface Tally {
  taken: number
  duplicates: number
  conflicts: number
  quarantined: number
  warnings: number
  byKind: Record<string, number>
  byDialect: Record<string, number>
  totals: Record<string, CurrencyTotal>
  businessDays: Record<string, number>
  /** The first ones. */
  problems: Problem[]
  warned: Problem[]
}

const maxProblems = 50
export const emptyTally = (): Tally => ({
  ...{ taken: 0, duplicates: 0, conflicts: 0, quarantined: 0, warnings: 0 },
  ...{ byKind: {}, byDialect: {}, totals: {}, businessDays: {}, problems: [], warned: [] },
})

/** Content hashes by natural key. */
export type SeenKeys = Map<string, string>

export const tallyItem = (tally: Tally, item: CapturedItem, seen: SeenKeys): void => {
  if (item.outcome === 'quarantined') {
    tally.quarantined += 1
    addProblem(tally.problems, { where: item.where, messages: item.reasons.map((reason) => `${reason.code} ${reason.message}`) })
    return
  }
  tally.warnings += item.warnings.length
  if (item.warnings.length > 0)
    addProblem(tally.warned, { where: item.where, messages: item.warnings.map((warning) => `${warning.code} ${warning.message}`) })
  const key = naturalKeyOf(item.transaction)
  const hash = createHash('sha256').update(canonicalText(item.transaction)).digest('base64')
  const known = seen.get(key)
  if (known === undefined) {
    seen.set(key, hash)
    addTaken(tally, item.transaction)
  } else if (known === hash) tally.duplicates += 1
  else {
    tally.conflicts += 1
    addProblem(tally.problems, {
      where: item.where,
      messages: [`KEY_CONFLICT the same store, workstation, day and number (${key}) came before with other content`],
    })
  }
}

const addProblem = (problems: Problem[], problem: Problem): void => {
  if (problems.length < maxProblems) problems.push(problem)
}

const addTaken = (tally: Tally, { kind, currency, businessDay, totals }: Transaction): void => {
  tally.taken += 1
  tally.byKind[kind] = (tally.byKind[kind] ?? 0) + 1
  tally.businessDays[businessDay] = (tally.businessDays[businessDay] ?? 0) + 1
  const total = tally.totals[currency] ?? { transactions: 0, grandMinor: 0 }
  tally.totals[currency] = { transactions: total.transactions + 1, grandMinor: total.grandMinor + totals.grandMinor }
}

export const addTally = (sum: Tally, one: Tally): void => {
  for (const field of ['taken', 'duplicates', 'conflicts', 'quarantined', 'warnings'] as const) sum[field] += one[field]
  for (const field of ['byKind', 'byDialect', 'businessDays'] as const)
    for (const [name, count] of Object.entries(one[field])) sum[field][name] = (sum[field][name] ?? 0) + count
  for (const [currency, { transactions, grandMinor }] of Object.entries(one.totals)) {
    const total = sum.totals[currency] ?? { transactions: 0, grandMinor: 0 }
    sum.totals[currency] = { transactions: total.transactions + transactions, grandMinor: total.grandMinor + grandMinor }
  }
}
