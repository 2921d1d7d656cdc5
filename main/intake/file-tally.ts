/** What became of a file's transactions, counted once each, and the first of its problems by their place in the file. Bounded in size. */
import { z } from 'zod'
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { unreachable } from '#sync/contract/assert.ts'
import type { TakeResult } from '../capture.ts'

const problemSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  where: z.string().optional(),
  recordId: z.string().optional(),
})
export type FileProblem = z.infer<typeof problemSchema>

export const fileTallySchema = z.strictObject({
  captured: z.int().min(0),
  duplicates: z.int().min(0),
  conflicts: z.int().min(0),
  quarantined: z.int().min(0),
  problems: z.array(problemSchema),
  /** So many more that are not listed. */
  furtherProblems: z.int().min(0),
  /** Taken all the same, but worth a look: listed up to the same bound, and how many more there are. */
  warnings: z.array(problemSchema).default([]),
  furtherWarnings: z.int().min(0).default(0),
})
export type FileTally = z.infer<typeof fileTallySchema>

const maxProblems = 500

export const emptyTally = (): FileTally => ({
  ...{ captured: 0, duplicates: 0, conflicts: 0, quarantined: 0 },
  ...{ problems: [], furtherProblems: 0, warnings: [], furtherWarnings: 0 },
})

export const tallyResults = (tally: FileTally, items: readonly CapturedItem[], results: readonly TakeResult[]): void => {
  for (const [at, result] of results.entries()) {
    countResult(tally, result)
    tally.furtherProblems += addWithin(tally.problems, problemsOf(result, items[at]?.where))
    tally.furtherWarnings += addWithin(tally.warnings, warningsOf(result, items[at]))
  }
}

/** How many had no room any more. */
const addWithin = (list: FileProblem[], more: readonly FileProblem[]): number => {
  const room = Math.max(0, maxProblems - list.length)
  list.push(...more.slice(0, room))
  return Math.max(0, more.length - room)
}

const countResult = (tally: FileTally, { outcome }: TakeResult): void => {
  switch (outcome) {
    case 'captured':
      tally.captured += 1
      break
    case 'duplicate':
      tally.duplicates += 1
      break
    case 'conflict':
      tally.conflicts += 1
      break
    case 'quarantined':
      tally.quarantined += 1
      break
    default:
      unreachable(outcome)
  }
}

const problemsOf = (result: TakeResult, where: string | undefined): FileProblem[] => {
  if (result.outcome === 'quarantined') return result.reasons.map((reason) => ({ ...reason, recordId: result.recordId }))
  if (result.outcome !== 'conflict') return []
  const message = `the same store, workstation, day and number came before with other content, as ${result.firstRecordId}; both are kept`
  return [{ code: 'KEY_CONFLICT', message, recordId: result.recordId, ...(where === undefined ? {} : { where }) }]
}

/** By the item, not by the result: one that a crash interrupted has its warnings still. */
const warningsOf = (result: TakeResult, item: CapturedItem | undefined): FileProblem[] =>
  result.outcome === 'captured' && item?.outcome === 'transaction'
    ? item.warnings.map((warning) => ({ ...warning, recordId: result.recordId }))
    : []
