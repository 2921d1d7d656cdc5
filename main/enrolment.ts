/**
 * Enrolment at the hub with a one-time code. Only a decided answer ends it: a hub that is away, or answers nonsense, is
 * asked again. The same key is offered each time, so a lost answer does not cost the code.
 */
import { errorCodeNames, type ErrorCode } from '#sync/contract/error-codes.ts'
import { identitySchema, type Identity } from '#sync/contract/config.ts'
import { enrolmentRequestSchema, enrolmentResponseSchema } from '#sync/contract/enrolment.ts'
import type { Clock, Random } from '#sync/core/ports.ts'
import { z } from 'zod'

export type EnrolmentAnswer =
  | { outcome: 'enrolled'; identity: Identity }
  | { outcome: 'refused'; code: ErrorCode; message: string }
  | { outcome: 'unreachable'; message: string }

export interface EnrolmentAttempt {
  hubUrl: string
  code: string
  publicKey: string
  hostName: string
}
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Response>

const refusalSchema = z.looseObject({ code: z.enum(errorCodeNames), message: z.string() })

const badCode = (message: string): EnrolmentAnswer => ({ outcome: 'refused', code: 'BAD_ENROLMENT_CODE', message })
const unreachable = (message: string): EnrolmentAnswer => ({ outcome: 'unreachable', message })

const readAnswer = async (response: Response, hubUrl: string): Promise<EnrolmentAnswer> => {
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) {
    const identity = identitySchema.safeParse(enrolmentResponseSchema.safeParse(body).data)
    return identity.success
      ? { outcome: 'enrolled', identity: identity.data }
      : unreachable(`${hubUrl} answered, but not as a Tideline hub does.`)
  }
  const refusal = refusalSchema.safeParse(body)
  if (!refusal.success) return unreachable(`${hubUrl} answered with status ${response.status}.`)
  const isForLater = response.status >= 500 || response.status === 429
  return isForLater ? unreachable(refusal.data.message) : { outcome: 'refused', code: refusal.data.code, message: refusal.data.message }
}

export const enrolOnce = async (attempt: EnrolmentAttempt, fetch: Fetch): Promise<EnrolmentAnswer> => {
  const code = attempt.code.trim().toUpperCase()
  const request = enrolmentRequestSchema.safeParse({ code, publicKey: attempt.publicKey, hostName: attempt.hostName })
  if (!request.success) return badCode('An enrolment code looks like ABCD-EFGH-JKLM.')
  if (!URL.canParse(attempt.hubUrl) || !/^https?:$/.test(new URL(attempt.hubUrl).protocol))
    return { outcome: 'refused', code: 'INVALID', message: 'The address must begin with http:// or https://.' }
  try {
    const response = await fetch(new URL('/v1/enrolments', attempt.hubUrl).href, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request.data),
      signal: AbortSignal.timeout(15_000),
    })
    return await readAnswer(response, attempt.hubUrl)
  } catch {
    return unreachable(`${attempt.hubUrl} cannot be reached.`)
  }
}

export interface RetryPorts {
  after: Clock['after']
  random: Random
  onUnreachable: (message: string) => void
  isCancelled: () => boolean
}

const firstDelayMs = 1_000
const longestDelayMs = 30_000

/** Asks until the hub decides; null when cancelled meanwhile. */
export const enrolUntilDecided = async (
  ask: () => Promise<EnrolmentAnswer>,
  ports: RetryPorts,
): Promise<Exclude<EnrolmentAnswer, { outcome: 'unreachable' }> | null> => {
  for (let attempt = 0; !ports.isCancelled(); attempt++) {
    const answer = await ask()
    if (answer.outcome !== 'unreachable') return answer
    ports.onUnreachable(answer.message)
    const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt)
    await new Promise<void>((resolve) => void ports.after(250 + ports.random() * ceilingMs, resolve))
  }
  return null
}
