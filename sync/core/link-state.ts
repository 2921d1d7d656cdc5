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
import { unreachable } from '../contract/assert.ts'
import { errorCodes, type ErrorCode } from '../contract/error-codes.ts'
import type { ProbeAnswer } from '../contract/health.ts'
import { attemptsOf, distrust, goOffline, lose, refuse, signs, untruthsOf, withUntruths } from './link-down.ts'
import type { LinkEvent, LinkState, LinkStep } from './link-transition.ts'

export type { LinkEffect, LinkEvent, LinkState } from './link-transition.ts'

export const startingLink = (nowMs: number): LinkState => ({ state: 'starting', sinceMs: nowMs })

const connect = (link: LinkState, nowMs: number, attempt = attemptsOf(link)): LinkStep => ({
  state: {
    ...{ state: 'connecting', sinceMs: link.state === 'offline' ? link.sinceMs : nowMs, attempt },
    ...withUntruths(untruthsOf(link, nowMs)),
    ...(link.state === 'offline' && link.code ? { formerCode: link.code } : {}),
  },
  effects: [{ kind: 'connect' }],
})

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
