/** One attempt at one posting: look up where the past is unclear, else post. Answers what is next, and how the ERP behaved. */
import { transactionSchema } from '#sync/contract/transaction.ts'
import type { ErpConnector, ErpDocument, Posting, PostOutcome } from './connector.ts'
import { ErpUnavailable } from './connector.ts'
import { afterFailedLookUp, afterFault, afterLookUp, afterPost, firstMove, type NextPosting, type PostingAttempt, type PostingPolicy } from './policy.ts'

export interface Attempted {
  next: NextPosting
  /** For the circuit: undefined when the ERP was not asked. */
  erp?: { answered: boolean; retryAfterMs?: number | undefined }
}

export interface AttemptSettings {
  connector: ErpConnector
  policy: PostingPolicy
  random: () => number
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** The payload was checked when it was captured; one that does not parse now is a fault in the data, for a person. */
const postingOf = (key: string, payload: string): Posting | null => {
  try {
    return { key, transaction: transactionSchema.parse(JSON.parse(payload)) }
  } catch {
    return null
  }
}

const lookUp = async (connector: ErpConnector, key: string): Promise<{ found: ErpDocument | null } | { failed: string }> => {
  try {
    return { found: await connector.find(key) }
  } catch (cause) {
    if (cause instanceof ErpUnavailable) return { failed: cause.message }
    throw cause
  }
}

export const erpBehaviour = (outcome: PostOutcome): NonNullable<Attempted['erp']> => {
  switch (outcome.outcome) {
    case 'posted':
    case 'rejected':
      return { answered: true }
    case 'retry':
      return { answered: false, retryAfterMs: outcome.retryAfterMs }
    case 'unknown':
      return { answered: false }
  }
}

export const attemptPosting = async (attempt: PostingAttempt & { payload: string }, settings: AttemptSettings): Promise<Attempted> => {
  const { connector, policy, random } = settings
  try {
    const posting = postingOf(attempt.key, attempt.payload)
    if (!posting) return { next: { state: 'held', kind: 'posting-failed', code: 'INVALID', message: 'The stored transaction cannot be read.' } }
    if (firstMove(attempt) === 'look-up') {
      const looked = await lookUp(connector, attempt.key)
      if ('failed' in looked) return { next: afterFailedLookUp(attempt, looked.failed, random(), policy), erp: { answered: false } }
      const next = afterLookUp(attempt, looked.found, random(), policy)
      if (next !== 'post') return { next, erp: { answered: true } }
    }
    const outcome = await connector.post(posting)
    return { next: afterPost(attempt, outcome, random(), policy), erp: erpBehaviour(outcome) }
  } catch (cause) {
    return { next: afterFault(attempt, messageOf(cause), random(), policy) }
  }
}
