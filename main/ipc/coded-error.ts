/** A failure that crosses a process boundary with its code from the closed list. */
import type { ErrorCode } from '#sync/contract/error-codes.ts'

export class CodedError extends Error {
  override name = 'CodedError'
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
