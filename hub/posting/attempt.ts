/** One attempt at a posting, or at a few together: look up where the past is unclear, else post. Answers what is next, and how the ERP behaved. */
import { must } from '#sync/contract/assert.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import type { ErpConnector, ErpDocument, Posting, PostOutcome } from './connector.ts'
import { ErpUnavailable } from './connector.ts'
import {
  afterFailedLookUp,
  afterFault,
  afterLookUp,
  afterPost,
  firstMove,
  type NextPosting,
  type PostingAttempt,
  type PostingPolicy,
} from './policy.ts'

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

type Attempting = PostingAttempt & { payload: string }

/** Before posting: what is settled without it, or the posting to make. */
const prepare = async (attempt: Attempting, { connector, policy, random }: AttemptSettings): Promise<Attempted | { posting: Posting }> => {
  const posting = postingOf(attempt.key, attempt.payload)
  if (!posting)
    return { next: { state: 'held', kind: 'POSTING_FAILED', code: 'INVALID', message: 'The stored transaction cannot be read.' } }
  if (firstMove(attempt) === 'post') return { posting }
  const looked = await lookUp(connector, attempt.key)
  if ('failed' in looked) return { next: afterFailedLookUp(attempt, looked.failed, random(), policy), erp: { answered: false } }
  const next = afterLookUp(attempt, looked.found, random(), policy)
  return next === 'post' ? { posting } : { next, erp: { answered: true } }
}

const fault = (attempt: Attempting, cause: unknown, { policy, random }: AttemptSettings): Attempted => ({
  next: afterFault(attempt, messageOf(cause), random(), policy),
})

const settled = (attempt: Attempting, outcome: PostOutcome, { policy, random }: AttemptSettings): Attempted => ({
  next: afterPost(attempt, outcome, random(), policy),
  erp: erpBehaviour(outcome),
})

export const attemptPosting = async (attempt: Attempting, settings: AttemptSettings): Promise<Attempted> => {
  try {
    const prepared = await prepare(attempt, settings)
    return 'posting' in prepared ? settled(attempt, await settings.connector.post(prepared.posting), settings) : prepared
  } catch (cause) {
    return fault(attempt, cause, settings)
  }
}

/** Several in one go, where the connector offers it. Answers in the same order. */
export const attemptPostings = async (attempts: readonly Attempting[], settings: AttemptSettings): Promise<Attempted[]> => {
  const { batch } = settings.connector
  if (!batch || attempts.length < 2) return Promise.all(attempts.map((attempt) => attemptPosting(attempt, settings)))
  const answers = new Map<Attempting, Attempted>()
  const together: { attempt: Attempting; posting: Posting }[] = []
  for (const attempt of attempts) {
    const prepared = await prepare(attempt, settings).catch((cause: unknown) => fault(attempt, cause, settings))
    if ('posting' in prepared) together.push({ attempt, posting: prepared.posting })
    else answers.set(attempt, prepared)
  }
  try {
    const outcomes = together.length === 0 ? [] : await batch.post(together.map(({ posting }) => posting))
    for (const [index, { attempt }] of together.entries())
      answers.set(attempt, settled(attempt, must(outcomes[index], 'an outcome for each posting'), settings))
  } catch (cause) {
    for (const { attempt } of together) answers.set(attempt, fault(attempt, cause, settings))
  }
  return attempts.map((attempt) => must(answers.get(attempt), 'an answer for each attempt'))
}
