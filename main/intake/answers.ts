/**
 * What capture decided, in HTTP: 201 captured, 200 duplicate, 409 conflict, 422 quarantined. A document with several
 * transactions is answered 207, each with its own status; the whole is safe to send again.
 */
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { unreachable } from '#sync/contract/assert.ts'
import type { TakeResult } from '../capture.ts'
import type { TransactionAnswer, Refusal } from './http-contract.ts'

export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export const refuse = (status: number, code: ErrorCode, message: string, headers?: Record<string, string>): Answer => {
  const body: Refusal = { outcome: 'refused', code, message }
  return { status, body, ...(headers ? { headers } : {}) }
}

export const answerResults = (results: readonly TakeResult[]): Answer => {
  const [only] = results
  if (only && results.length === 1) return { status: statusOf(only), body: answerOf(only) }
  return { status: 207, body: { results: results.map((result) => ({ status: statusOf(result), answer: answerOf(result) })) } }
}

const statusOf = (result: TakeResult): 200 | 201 | 409 | 422 => {
  switch (result.outcome) {
    case 'captured':
      return 201
    case 'duplicate':
      return 200
    case 'conflict':
      return 409
    case 'quarantined':
      return 422
    default:
      return unreachable(result)
  }
}

const answerOf = (result: TakeResult): TransactionAnswer => {
  if (result.outcome === 'quarantined') return { outcome: 'quarantined', quarantineId: result.recordId, reasons: result.reasons }
  if (result.outcome !== 'captured') return result
  return { outcome: 'captured', recordId: result.recordId, ...(result.warnings.length > 0 ? { warnings: result.warnings } : {}) }
}
