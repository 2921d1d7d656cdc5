/** Refusals in the contract's shape, and what a database error means to a store. */
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { Logger } from 'pino'
import { databaseFailure } from '../storage/failure.ts'

export interface Refusal {
  outcome: 'refused'
  code: ErrorCode
  message: string
  retryAfterMs?: number
}

export const refuse = (code: ErrorCode, message: string, retryAfterMs?: number): Refusal =>
  retryAfterMs === undefined ? { outcome: 'refused', code, message } : { outcome: 'refused', code, message, retryAfterMs }

/** Both codes are transient: the store keeps what it has and asks again. */
export const refuseError = (error: unknown, log: Logger): Refusal => {
  const failure = databaseFailure(error)
  if (failure === 'away' || failure === 'contention') {
    log.warn({ err: error }, 'database away')
    return refuse('HUB_UNAVAILABLE', 'the hub cannot reach its database just now')
  }
  log.error({ err: error }, 'a request failed')
  return refuse('INTERNAL', 'a fault at the hub; its log says more')
}
