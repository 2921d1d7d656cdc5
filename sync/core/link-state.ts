/**
 * The line to the hub as one state machine. It decides when to connect and what to show; it opens nothing itself.
 *
 *   starting ─start─▶ connecting ─welcomed─▶ online
 *                      ▲   │ lost, refused (transient)   │ lost, refused (transient)
 *                 retry│   ▼                             ▼
 *                     offline ◀──────────────────────────┘      refused (fatal) ─retry, slowly─▶ connecting
 *
 * Invariant: a retry is scheduled exactly in `offline` and `refused`; each delay is drawn with full jitter.
 */
import { errorCodes, type ErrorCode } from '../contract/error-codes.ts'
import { fullJitterMs, reconnectBounds, refusedBounds } from './backoff.ts'
import { unreachable } from '../contract/assert.ts'

/** `sinceMs`: when the line became what a person sees; trying to connect does not restart it. */
export type LinkState =
  | { state: 'starting'; sinceMs: number }
  | { state: 'offline'; sinceMs: number; attempt: number; code?: ErrorCode; message: string }
  | { state: 'connecting'; sinceMs: number; attempt: number }
  | { state: 'online'; sinceMs: number; attempt: number }
  | { state: 'refused'; sinceMs: number; attempt: number; code: ErrorCode; message: string }

export type LinkEvent =
  | { kind: 'start' }
  | { kind: 'retry' }
  | { kind: 'sync-now' }
  | { kind: 'welcomed' }
  | { kind: 'lost'; reason: string }
  | { kind: 'refused'; code: ErrorCode; message: string }

export type LinkEffect = { kind: 'connect' } | { kind: 'disconnect' } | { kind: 'retry-after'; delayMs: number }

export interface LinkStep {
  state: LinkState
  effects: LinkEffect[]
}

/** A line that held this long was a good one: the next loss starts from the first attempt again. */
const steadyMs = 10_000

export const startingLink = (nowMs: number): LinkState => ({ state: 'starting', sinceMs: nowMs })

const attemptsOf = (link: LinkState): number => (link.state === 'starting' ? 0 : link.attempt)

const nextAttempt = (link: LinkState, nowMs: number): number => {
  if (link.state === 'online' && nowMs - link.sinceMs >= steadyMs) return 0
  return attemptsOf(link) + 1
}

const connect = (link: LinkState, nowMs: number): LinkStep => ({
  state: { state: 'connecting', sinceMs: link.state === 'offline' ? link.sinceMs : nowMs, attempt: attemptsOf(link) },
  effects: [{ kind: 'connect' }],
})

const goOffline = (link: LinkState, nowMs: number, random: number, message: string, code?: ErrorCode): LinkStep => {
  const attempt = nextAttempt(link, nowMs)
  const sinceMs = link.state === 'connecting' || link.state === 'offline' ? link.sinceMs : nowMs
  return {
    state: { state: 'offline', sinceMs, attempt, message, ...(code ? { code } : {}) },
    effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs: fullJitterMs(attempt - 1, random, reconnectBounds) }],
  }
}

const refuse = (link: LinkState, nowMs: number, random: number, code: ErrorCode, message: string): LinkStep => {
  const attempt = attemptsOf(link) + 1
  const delayMs = refusedBounds.baseMs + fullJitterMs(attempt - 1, random, refusedBounds)
  return {
    state: { state: 'refused', sinceMs: nowMs, attempt, code, message },
    effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs }],
  }
}

const stay = (state: LinkState): LinkStep => ({ state, effects: [] })

/** `random` is drawn anew by the caller for each event. */
export const stepLink = (link: LinkState, event: LinkEvent, nowMs: number, random: number): LinkStep => {
  const open = link.state === 'connecting' || link.state === 'online'
  switch (event.kind) {
    case 'start':
      return link.state === 'starting' ? connect(link, nowMs) : stay(link)
    case 'retry':
    case 'sync-now':
      return link.state === 'offline' || link.state === 'refused' ? connect(link, nowMs) : stay(link)
    case 'welcomed':
      return link.state === 'connecting' ? stay({ state: 'online', sinceMs: nowMs, attempt: link.attempt }) : stay(link)
    case 'lost':
      return open ? goOffline(link, nowMs, random, event.reason) : stay(link)
    case 'refused':
      if (!open) return stay(link)
      return errorCodes[event.code].retry === 'fatal'
        ? refuse(link, nowMs, random, event.code, event.message)
        : goOffline(link, nowMs, random, event.message, event.code)
    default:
      return unreachable(event)
  }
}
