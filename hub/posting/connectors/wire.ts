/**
 * One HTTP call to an ERP, and what is known when it fails. `unsent`: nothing reached the ERP. `lost`: it may have been
 * done. Bodies are bounded; time is bounded.
 */
import { ErpUnavailable, type PostOutcome } from '../connector.ts'

/** What went wrong, in the port's words. */
export type ErpFailure = Exclude<PostOutcome, { outcome: 'posted' }>
export type ErpAnswer<T> = { ok: true; value: T } | { ok: false; failure: ErpFailure }

/** For whoever only reads, and asks again later. Throws ErpUnavailable. */
export const answered = <T>(answer: ErpAnswer<T>): T => {
  if (answer.ok) return answer.value
  throw new ErpUnavailable(answer.failure.message)
}

export type WireAnswer =
  | { wire: 'answered'; status: number; text: string; retryAfterMs?: number }
  | { wire: 'unsent'; message: string }
  | { wire: 'lost'; message: string }

export interface WireCall {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: unknown
  timeoutMs: number
}

const maxAnswerBytes = 50_000_000

/** Errors that mean no connection was made. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EADDRNOTAVAIL',
])

const codesOf = (cause: unknown): string[] => {
  if (!(cause instanceof Error)) return []
  const own = 'code' in cause && typeof cause.code === 'string' ? [cause.code] : []
  const inner = cause instanceof AggregateError ? cause.errors.flatMap(codesOf) : codesOf(cause.cause)
  return inner.length > 0 ? inner : own
}

const retryAfterMs = (header: string | null): number | undefined => {
  const seconds = header === null ? Number.NaN : Number(header)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, 600_000) : undefined
}

export const callErp = async ({ method, url, headers = {}, body, timeoutMs }: WireCall): Promise<WireAnswer> => {
  const host = new URL(url).host
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    if (text.length > maxAnswerBytes) return { wire: 'lost', message: `The ERP at ${host} answered with too much.` }
    const after = retryAfterMs(response.headers.get('retry-after'))
    return { wire: 'answered', status: response.status, text, ...(after === undefined ? {} : { retryAfterMs: after }) }
  } catch (cause) {
    const codes = codesOf(cause)
    if (codes.length > 0 && codes.every((code) => unsentCodes.has(code)))
      return { wire: 'unsent', message: `The ERP at ${host} cannot be reached (${codes[0]}).` }
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError'
    return {
      wire: 'lost',
      message: timedOut
        ? `The ERP at ${host} did not answer within ${timeoutMs / 1000} s.`
        : `The connection to the ERP at ${host} broke (${codes[0] ?? 'no answer'}).`,
    }
  }
}

/** Parsed JSON, or undefined when the text is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
