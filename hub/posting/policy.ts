/**
 * What becomes of a posting after each attempt: pure.
 *
 *   waiting ──post──▶ posted | held | waiting (ERP away: later) | in-doubt (answer lost)
 *   in-doubt ──find─▶ found, complete: posted · found, half-way: post resumes · nothing, twice, apart: post
 *
 * One empty look-up is not proof: a call whose connection broke may still be at work inside the ERP.
 */
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import type { ErpDocument, PostOutcome } from './connector.ts'
import { amountText } from './decimal.ts'

export interface PostingAttempt {
  key: string
  state: 'waiting' | 'in-doubt'
  /** Notes between attempts: `empty-lookups:n` or `faults:n`. */
  step: string | null
  attempts: number
  amountMinor: number
  currency: string
  /** The worker that had it died with the lease in hand: what it did is not known. */
  abandoned: boolean
}

export type HeldKind = Extract<ExceptionKind, `POSTING_${string}` | 'UNKNOWN_ITEM'>

export type NextPosting =
  | { state: 'posted'; erpReference: string }
  | { state: 'held'; kind: HeldKind; code: ErrorCode; message: string; erpReference?: string }
  | { state: 'waiting'; delayMs: number; step: string | null; code: ErrorCode; message: string }
  | { state: 'in-doubt'; delayMs: number; step: string | null; code: ErrorCode; message: string }

export const postingPolicy = {
  retryBaseMs: 500,
  retryCapMs: 60_000,
  /** Pause before an unknown outcome is looked up, and between two empty look-ups. */
  inDoubtMs: 2_000,
  emptyLookups: 2,
  faults: 5,
} as const
export type PostingPolicy = { [K in keyof typeof postingPolicy]: number }

/** Half fixed, half jitter: never at once, never all together. */
export const backoffMs = (attempts: number, random: number, baseMs: number, capMs: number): number => {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(Math.max(attempts - 1, 0), 20))
  return Math.round(ceiling / 2 + (random * ceiling) / 2)
}

const countOf = (step: string | null, word: string): number => {
  const match = step?.match(/^([a-z-]+):(\d{1,6})$/)
  return match?.[1] === word ? Number(match[2]) : 0
}

/** An in-doubt or abandoned posting is looked up before anything else. */
export const firstMove = (attempt: PostingAttempt): 'post' | 'look-up' =>
  attempt.state === 'in-doubt' || attempt.abandoned ? 'look-up' : 'post'

const reached = (attempt: PostingAttempt, erpReference: string, totalMinor: number): NextPosting =>
  totalMinor === attempt.amountMinor
    ? { state: 'posted', erpReference }
    : {
        state: 'held',
        kind: 'POSTING_TOTAL_DIFFERS',
        code: 'DOES_NOT_ADD_UP',
        erpReference,
        message: `The ERP's total of ${amountText(totalMinor, attempt.currency)} differs from the till's ${amountText(attempt.amountMinor, attempt.currency)}.`,
      }

/** After a look-up: what is next, or `post` when the posting must be made or resumed. */
export const afterLookUp = (
  attempt: PostingAttempt,
  found: ErpDocument | null,
  random: number,
  policy: PostingPolicy = postingPolicy,
): NextPosting | 'post' => {
  if (found) return found.complete ? reached(attempt, found.erpReference, found.totalMinor) : 'post'
  const empty = countOf(attempt.step, 'empty-lookups') + 1
  if (empty >= policy.emptyLookups) return 'post'
  return {
    state: 'in-doubt',
    delayMs: backoffMs(1, random, policy.inDoubtMs, policy.inDoubtMs),
    step: `empty-lookups:${empty}`,
    code: 'ERP_UNAVAILABLE',
    message: 'The ERP does not have it so far; looking again before it is sent a second time.',
  }
}

/** The look-up itself failed: nothing was learned. */
export const afterFailedLookUp = (
  attempt: PostingAttempt,
  message: string,
  random: number,
  policy: PostingPolicy = postingPolicy,
): NextPosting => ({
  state: 'in-doubt',
  delayMs: backoffMs(attempt.attempts, random, policy.retryBaseMs, policy.retryCapMs),
  step: attempt.step,
  code: 'ERP_UNAVAILABLE',
  message,
})

export const afterPost = (
  attempt: PostingAttempt,
  outcome: PostOutcome,
  random: number,
  policy: PostingPolicy = postingPolicy,
): NextPosting => {
  switch (outcome.outcome) {
    case 'posted':
      return reached(attempt, outcome.erpReference, outcome.totalMinor)
    case 'rejected':
      return {
        state: 'held',
        kind: outcome.code === 'UNKNOWN_ITEM' ? 'UNKNOWN_ITEM' : 'POSTING_REJECTED',
        code: outcome.code,
        message: outcome.message,
      }
    case 'unknown':
      return { state: 'in-doubt', delayMs: policy.inDoubtMs, step: null, code: 'ERP_UNAVAILABLE', message: outcome.message }
    case 'retry': {
      const delayMs = backoffMs(attempt.attempts, random, policy.retryBaseMs, policy.retryCapMs)
      return {
        state: 'waiting',
        delayMs: Math.max(delayMs, outcome.retryAfterMs ?? 0),
        step: null,
        code: 'ERP_UNAVAILABLE',
        message: outcome.message,
      }
    }
  }
}

/** The connector threw: a bug of ours. What it had sent is not known; after a few times a person must look. */
export const afterFault = (
  attempt: PostingAttempt,
  message: string,
  random: number,
  policy: PostingPolicy = postingPolicy,
): NextPosting => {
  const faults = countOf(attempt.step, 'faults') + 1
  if (faults >= policy.faults) return { state: 'held', kind: 'POSTING_FAILED', code: 'INTERNAL', message }
  const delayMs = backoffMs(faults, random, policy.retryBaseMs, policy.retryCapMs)
  return { state: 'waiting', delayMs, step: `faults:${faults}`, code: 'INTERNAL', message }
}
