/** What the line to the hub can be, what happens to it, and what is done about it: the words of the machine in link-state.ts. */
import type { ErrorCode } from '../contract/error-codes.ts'
import type { ProbeAnswer } from '../contract/health.ts'

export interface Why {
  code?: ErrorCode
  message: string
}

/** `sinceMs`: when the line became what a person sees; trying to connect does not restart it. `untruths`: of the hub, lately. */
export type LinkState =
  | { state: 'starting'; sinceMs: number }
  | ({ state: 'offline'; sinceMs: number; attempt: number; untruths?: number } & Why)
  | { state: 'connecting'; sinceMs: number; attempt: number; untruths?: number; formerCode?: ErrorCode }
  | { state: 'online'; sinceMs: number; attempt: number; untruths?: number }
  | { state: 'refused'; sinceMs: number; attempt: number; untruths?: number; code: ErrorCode; message: string }

export type LinkEvent =
  | { kind: 'start' }
  | { kind: 'retry' }
  | { kind: 'sync-now' }
  /** The computer slept: nothing that was known of the line holds. */
  | { kind: 'resumed' }
  | { kind: 'welcomed' }
  | { kind: 'lost'; reason: string }
  /** The hub said what cannot be. */
  | { kind: 'distrusted'; reason: string }
  | { kind: 'refused'; code: ErrorCode; message: string; retryAfterMs?: number }
  | { kind: 'probed'; answer: ProbeAnswer }

export type LinkEffect =
  | { kind: 'connect' }
  | { kind: 'disconnect' }
  | { kind: 'retry-after'; delayMs: number }
  /** Ask who answers at the hub's address. */
  | { kind: 'probe' }
  /** Ask the hub something, and believe the line only if it answers soon. */
  | { kind: 'check' }

export interface LinkStep {
  state: LinkState
  effects: LinkEffect[]
}
