/** The wire between main and its windows: channel names and the answer's envelope. Shared with the sandboxed preload, so it imports types alone. */
import type { ErrorCode } from '#sync/contract/error-codes.ts'

export const channels = {
  /** window → main, answered. */
  request: 'tideline:request',
  /** main → window, answered on `answer` by id. */
  call: 'tideline:call',
  answer: 'tideline:answer',
  /** main → window, unanswered. */
  push: 'tideline:push',
} as const

export type Envelope = { ok: true; value: unknown } | { ok: false; code: ErrorCode; message: string }

export interface CallMessage {
  id: number
  method: string
  params: unknown
}
