/**
 * What Tryton's errors mean. Classified by `error[0]`, which is never translated; the text is for people.
 * An error answered with HTTP 200 was rolled back whole: nothing of the call was done.
 */
import { z } from 'zod'
import type { ErpFailure } from '../wire.ts'

export type TrytonError = { error: 'failure'; failure: ErpFailure } | { error: 'login-needed' } | { error: 'fault'; message: string }

const errorSchema = z.array(z.unknown()).min(1)

/** The database said "not now": locks, restarts, lost connections. */
const transientText =
  /database is locked|could not obtain lock|could not serialize|deadlock detected|server closed the connection|connection to server|connection refused|terminating connection|too many clients|not currently accepting|starting up|shutting down|timeout/i
/** Somebody else was first: the next look-up finds it. */
const duplicateText = /UNIQUE constraint failed|duplicate key/i

/** UserError: [kind, [message, description, …]]; UserWarning: [kind, [name, message, description]]. */
const sentenceOf = (kind: string, details: unknown): string => {
  const texts = (Array.isArray(details) ? details : [details]).filter((text): text is string => typeof text === 'string' && text !== '')
  const spoken = kind === 'UserWarning' ? texts.slice(1) : texts
  return spoken.filter((text) => /\s/.test(text)).join(' ') || (texts[0] ?? kind)
}

const retry = (message: string): TrytonError => ({ error: 'failure', failure: { outcome: 'retry', message } })
const rejected = (message: string): TrytonError => ({ error: 'failure', failure: { outcome: 'rejected', code: 'ERP_REJECTED', message } })

export const classifyError = (error: unknown): TrytonError => {
  const parsed = errorSchema.safeParse(error)
  if (!parsed.success) return { error: 'fault', message: 'The ERP answered with an error in an unknown shape.' }
  const kind = String(parsed.data[0])
  const sentence = sentenceOf(kind, parsed.data[1])
  if (duplicateText.test(JSON.stringify(parsed.data))) return retry(`The ERP has something of the same name already: ${sentence}`)
  switch (kind) {
    case 'UserError':
      return rejected(sentence)
    case 'UserWarning':
      return rejected(`The ERP asks for a decision: ${sentence}`)
    case 'ConcurrencyException':
      return retry('Somebody else is changing the same document in the ERP.')
    case 'LoginException':
    case 'RateLimitException':
      return { error: 'login-needed' }
    default:
      return transientText.test(kind)
        ? retry(`The ERP's database is busy: ${kind}`)
        : { error: 'fault', message: `The ERP failed: ${kind}` }
  }
}

/** An answer that is no JSON-RPC at all. */
export const classifyStatus = (status: number, changes: boolean): TrytonError => {
  switch (status) {
    case 401:
      return { error: 'login-needed' }
    case 423:
    case 429:
    case 503:
      return retry(`The ERP asks to come back later (HTTP ${status}).`)
    case 403:
    case 404:
    case 405:
    case 413:
      return { error: 'fault', message: `The ERP does not know or allow this call (HTTP ${status}).` }
    default:
      return changes
        ? { error: 'failure', failure: { outcome: 'unknown', message: `The ERP failed half-way (HTTP ${status}).` } }
        : retry(`The ERP failed (HTTP ${status}).`)
  }
}
