/**
 * Receipts that come late, or not in the order of their numbers [MRG7]. Order comes from the journal, so neither changes anything of what
 * they count for; a person is told of what the store itself received more than a week late, and no close covers. How long the line to the hub
 * was down is told elsewhere: it says nothing about a receipt.
 */
import type { Judgement } from './verdict.ts'

export const lateAfterDays = 7

const dayMs = 24 * 3_600_000

/** Whole days from the business day to the one on which the store's agent received it. */
export const daysLate = (businessDay: string, receivedMs: number): number =>
  Math.max(0, Math.floor((receivedMs - Date.parse(`${businessDay}T00:00:00Z`)) / dayMs))

export const judgeArrival = ({ days, isCovered }: { days: number; isCovered: boolean }): Judgement => {
  if (days <= lateAfterDays) return { verdict: 'accept', reason: days <= 1 ? 'on time' : `${days} days late` }
  if (isCovered) return { verdict: 'accept', reason: `${days} days late, and in the day’s close` }
  return { verdict: 'accept with exception', reason: `${days} days late, and in no close of its day` }
}
