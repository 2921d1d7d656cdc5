/**
 * The ways down from a line that was up or being tried: lost, refused for now, refused for good, distrusted; and when it is tried again.
 */
import type { ErrorCode } from '../contract/error-codes.ts'
import { distrustBounds, fullJitterMs, reconnectBounds, refusedBounds, waitedMs } from './backoff.ts'
import type { LinkState, LinkStep, Why } from './link-transition.ts'

/** A line that held this long was a good one: the next loss starts from the first attempt again. */
const steadyMs = 10_000
/** A hub that said nothing untrue for so long is believed again. */
const trustedMs = 600_000

export const attemptsOf = (link: LinkState): number => (link.state === 'starting' ? 0 : link.attempt)

export const untruthsOf = (link: LinkState, nowMs: number): number => {
  if (link.state === 'starting' || (link.state === 'online' && nowMs - link.sinceMs >= trustedMs)) return 0
  return link.untruths ?? 0
}
export const withUntruths = (untruths: number): { untruths?: number } => (untruths > 0 ? { untruths } : {})

const nextAttempt = (link: LinkState, nowMs: number): number => {
  if (link.state === 'online' && nowMs - link.sinceMs >= steadyMs) return 0
  return attemptsOf(link) + 1
}

const comeDown = (link: LinkState, nowMs: number, attempt: number, untruths: number, why: Why, delayMs: number): LinkStep => ({
  state: {
    ...{ state: 'offline', sinceMs: link.state === 'connecting' || link.state === 'offline' ? link.sinceMs : nowMs, attempt },
    ...withUntruths(untruths),
    ...why,
  },
  effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs }],
})

export const goOffline = (link: LinkState, nowMs: number, random: number, why: Why, retryAfterMs?: number): LinkStep => {
  const attempt = nextAttempt(link, nowMs)
  // A hub that names a moment keeps it free for this store: whoever comes much later is sent away again.
  const delayMs = retryAfterMs === undefined ? fullJitterMs(attempt - 1, random, reconnectBounds) : waitedMs(retryAfterMs, random)
  return comeDown(link, nowMs, attempt, untruthsOf(link, nowMs), why, delayMs)
}

export const signs: Partial<Record<ErrorCode, true>> = { NETWORK_SIGN_IN: true, PROXY_REFUSED: true }

/** What was found out about the network is shown until it is found to be otherwise. */
const formerSign = (link: LinkState): { code?: ErrorCode } =>
  link.state === 'connecting' && link.formerCode && signs[link.formerCode] ? { code: link.formerCode } : {}

export const lose = (link: LinkState, nowMs: number, random: number, message: string): LinkStep => {
  const down = goOffline(link, nowMs, random, { ...formerSign(link), message })
  return link.state === 'connecting' ? { ...down, effects: [...down.effects, { kind: 'probe' }] } : down
}

export const distrust = (link: LinkState, nowMs: number, random: number, message: string): LinkStep => {
  const untruths = untruthsOf(link, nowMs) + 1
  const delayMs = distrustBounds.baseMs + fullJitterMs(untruths - 1, random, distrustBounds)
  return comeDown(link, nowMs, attemptsOf(link) + 1, untruths, { message }, delayMs)
}

export const refuse = (link: LinkState, nowMs: number, random: number, why: Required<Why>, retryAfterMs = 0): LinkStep => {
  const attempt = attemptsOf(link) + 1
  const ownMs = refusedBounds.baseMs + fullJitterMs(attempt - 1, random, refusedBounds)
  return {
    state: { state: 'refused', sinceMs: nowMs, attempt, ...withUntruths(untruthsOf(link, nowMs)), ...why },
    effects: [{ kind: 'disconnect' }, { kind: 'retry-after', delayMs: Math.max(ownMs, waitedMs(retryAfterMs, random)) }],
  }
}
