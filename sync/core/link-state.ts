/**
 * The line to the hub as one state machine. It decides when to connect, when to doubt, and what to show; it opens nothing itself.
 *
 *   starting ─start─▶ connecting ─welcomed─▶ online ─resumed─▶ (checked by a request)
 *                      ▲   │ lost, refused (transient)   │ lost, distrusted, refused (transient)
 *      retry, resumed  │   ▼                             ▼
 *                     offline ◀──────────────────────────┘      refused (fatal) ─retry, slowly─▶ connecting
 *                      └─ could not connect: who answers there? ─probed─▶ offline, with the reason
 *
 * Invariants: a retry is scheduled exactly on each way down; its delay is drawn with full jitter, and never ends before the moment that
 * the hub named (within `longestWordMs`). A hub that said what cannot be is asked again ever more slowly, however long the line held.
 */
import { errorCodes, type ErrorCode } from '../contract/error-codes.ts'
import type { ProbeAnswer } from '../contract/health.ts'
import { distrustBounds, fullJitterMs, reconnectBounds, refusedBounds, waitedMs } from './backoff.ts'
import { unreachable } from '../contract/assert.ts'

interface Why {
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

/** A line that held this long was a good one: the next loss starts from the first attempt again. */
const steadyMs = 10_000
/** A hub that said nothing untrue for so long is believed again. */
const trustedMs = 600_000

export const startingLink = (nowMs: number): LinkState => ({ state: 'starting', sinceMs: nowMs })

const attemptsOf = (link: LinkState): number => (link.state === 'starting' ? 0 : link.attempt)

const untruthsOf = (link: LinkState, nowMs: number): number => {
  if (link.state === 'starting' || (link.state === 'online' && nowMs - link.sinceMs >= trustedMs)) return 0
  return link.untruths ?? 0
}
const withUntruths = (untruths: number): { untruths?: number } => (untruths > 0 ? { untruths } : {})

const nextAttempt = (link: LinkState, nowMs: number): number => {
  if (link.state === 'online' && nowMs - link.sinceMs >= steadyMs) return 0
  return attemptsOf(link) + 1
}

const connect = (link: LinkState, nowMs: number, attempt = attemptsOf(link)): LinkStep => ({
  state: {
    ...{ state: 'connecting', sinceMs: link.state === 'offline' ? link.sinceMs : nowMs, attempt },
    ...withUntruths(untruthsOf(link, nowMs)),
    ...(link.state === 'offline' && link.code ? { formerCode: link.code } : {}),
  },
  effects: [{ kind: 'connect' }],
})

const comeDown = (link: LinkState, nowMs: number, attempt: number, untruths: number, why: Why, delayMs: number): LinkStep => ({
  state: {
    ...{ state: 'offline', sinceMs: link.state === 'connecting' || link.state === 'offline' ? link.sinceMs : nowMs, attempt },
    ...withUntruths(untruths),
    ...why,
  },
  effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs }],
})

const goOffline = (link: LinkState, nowMs: number, random: number, why: Why, retryAfterMs = 0): LinkStep => {
  const attempt = nextAttempt(link, nowMs)
  const ownMs = fullJitterMs(attempt - 1, random, reconnectBounds)
  return comeDown(link, nowMs, attempt, untruthsOf(link, nowMs), why, Math.max(ownMs, waitedMs(retryAfterMs, random)))
}

const signs: Partial<Record<ErrorCode, true>> = { NETWORK_SIGN_IN: true, PROXY_REFUSED: true }

/** What was found out about the network is shown until it is found to be otherwise. */
const formerSign = (link: LinkState): { code?: ErrorCode } =>
  link.state === 'connecting' && link.formerCode && signs[link.formerCode] ? { code: link.formerCode } : {}

const lose = (link: LinkState, nowMs: number, random: number, message: string): LinkStep => {
  const down = goOffline(link, nowMs, random, { ...formerSign(link), message })
  return link.state === 'connecting' ? { ...down, effects: [...down.effects, { kind: 'probe' }] } : down
}

const distrust = (link: LinkState, nowMs: number, random: number, message: string): LinkStep => {
  const untruths = untruthsOf(link, nowMs) + 1
  const delayMs = distrustBounds.baseMs + fullJitterMs(untruths - 1, random, distrustBounds)
  return comeDown(link, nowMs, attemptsOf(link) + 1, untruths, { message }, delayMs)
}

const refuse = (link: LinkState, nowMs: number, random: number, why: Required<Why>, retryAfterMs = 0): LinkStep => {
  const attempt = attemptsOf(link) + 1
  const ownMs = refusedBounds.baseMs + fullJitterMs(attempt - 1, random, refusedBounds)
  return {
    state: { state: 'refused', sinceMs: nowMs, attempt, ...withUntruths(untruthsOf(link, nowMs)), ...why },
    effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs: Math.max(ownMs, waitedMs(retryAfterMs, random)) }],
  }
}

const codeOf: Record<ProbeAnswer, ErrorCode | null> = { hub: null, nothing: null, stranger: 'NETWORK_SIGN_IN', proxy: 'PROXY_REFUSED' }

const takeProbe = (link: LinkState, answer: ProbeAnswer): LinkState => {
  if (link.state !== 'offline') return link
  const { code: former, ...rest } = link
  const found = codeOf[answer]
  const code = found ?? (former && signs[former] ? null : former)
  return code ? { ...rest, code } : rest
}

const stay = (state: LinkState): LinkStep => ({ state, effects: [] })

const resume = (link: LinkState, nowMs: number): LinkStep => {
  if (link.state === 'online') return { state: link, effects: [{ kind: 'check' }] }
  return link.state === 'offline' ? connect(link, nowMs, 0) : stay(link)
}

/** `random` is drawn anew by the caller for each event. */
export const stepLink = (link: LinkState, event: LinkEvent, nowMs: number, random: number): LinkStep => {
  const open = link.state === 'connecting' || link.state === 'online'
  switch (event.kind) {
    case 'start':
      return link.state === 'starting' ? connect(link, nowMs) : stay(link)
    case 'retry':
    case 'sync-now':
      return link.state === 'offline' || link.state === 'refused' ? connect(link, nowMs) : stay(link)
    case 'resumed':
      return resume(link, nowMs)
    case 'welcomed':
      if (link.state !== 'connecting') return stay(link)
      return stay({ state: 'online', sinceMs: nowMs, attempt: link.attempt, ...withUntruths(untruthsOf(link, nowMs)) })
    case 'lost':
      return open ? lose(link, nowMs, random, event.reason) : stay(link)
    case 'distrusted':
      return open ? distrust(link, nowMs, random, event.reason) : stay(link)
    case 'refused': {
      if (!open) return stay(link)
      const { code, message } = event
      return errorCodes[code].retry === 'fatal'
        ? refuse(link, nowMs, random, { code, message }, event.retryAfterMs)
        : goOffline(link, nowMs, random, { code, message }, event.retryAfterMs)
    }
    case 'probed':
      return stay(takeProbe(link, event.answer))
    default:
      return unreachable(event)
  }
}
