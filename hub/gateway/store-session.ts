/**
 * One store's connection, whatever carries it: challenge, hello, then requests in any order. Batches reach the log in the order they
 * came, however many are in flight. Nothing of it is remembered when the connection ends.
 */
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { batchLimits, protocol } from '#sync/contract/protocol.ts'
import { type HubEpoch, instantSchema } from '#sync/contract/vocabulary.ts'
import { announceSession, type DeviceNotice } from '../enrolment/device-channel.ts'
import { refuse, refuseError } from './answer.ts'
import type { Tell } from './credit-desk.ts'
import { createFaultWatch } from './fault-watch.ts'
import { greetInTurn } from './greeting.ts'
import { type Hello, parseHello } from './handshake.ts'
import { answerFor, pushFor } from './older-agent.ts'
import type { Request, RequestContext } from './request.ts'
import { inTurn, ownRequests, urgencyOf } from './requests.ts'
import { isOlder, nextSession, type Peer, type Session, type SessionEvent } from './session.ts'
import type { SessionContext } from './session-context.ts'

export interface StoreSessionOptions {
  context: SessionContext
  /** Differs from that of every other session, at any gateway. */
  sessionId: string
  send<E extends DownEvent>(event: E, message: DownMessage<E>): void
  /** Ends the connection. */
  end(): void
  /** From here on the session wants pokes. */
  onWelcomed?(peer: Peer): void
}

export interface StoreSession {
  /** Answers every message; never rejects. */
  receive(event: string, message: unknown): Promise<unknown>
  /** A feed of this store has something new. */
  poke(message: DownMessage<'poke'>): void
  /** Notices of other devices leave it as it is. */
  heed(notice: DeviceNotice): void
  /** The epoch that the hub's data is in: who was welcomed into another comes back into this one. */
  heedEpoch(epoch: HubEpoch): void
  /** The connection has ended. */
  closed(): void
}

const newEpochWords = 'the hub’s data began a new epoch: come back into it'

/** Beyond the batches: a pull of each feed, and what else an agent may want at the same time. */
const maxUnanswered = 32
const floodedMs = 60_000

export const openStoreSession = ({ context, sessionId, send, end, onWelcomed }: StoreSessionOptions): StoreSession => {
  const { db, log, metrics, work, credits, admission, nowMs, steadyMs } = context
  const requests = new Map<string, Request>(Object.entries({ ...ownRequests, ...context.moreRequests }))
  const watchFaults = createFaultWatch(context)
  let session: Session = { state: 'challenged', nonce: context.newNonce() }
  let lastBatch: Promise<unknown> = Promise.resolve()
  let lastButOne: Promise<unknown> = lastBatch
  let unanswered = 0
  /** Until the agent has said what it speaks, it is taken for the oldest. */
  let spoken: number = protocol.floor
  let welcomedInto: HubEpoch | null = null
  let heardOf: HubEpoch | null = null

  const say = <E extends DownEvent>(event: E, message: DownMessage<E>): void => {
    const said = pushFor(spoken, event, message)
    if (said !== null) send(event, said)
  }
  const tellCredit: Tell = (credit) => say('credit', credit)

  const advance = (event: SessionEvent): void => void (session = nextSession(session, event))

  /** It may have, at any await. */
  const hasEnded = (): boolean => session.state === 'ended'

  const close = (): void => {
    credits.leave(tellCredit)
    advance({ event: 'ended' })
  }

  const dismiss = (code: ErrorCode, message: string, retryAfterMs?: number): void => {
    close()
    say('dismiss', retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs })
    end()
  }

  const answerHello = async (message: unknown): Promise<unknown> => {
    if (session.state !== 'challenged') return refuse('UNKNOWN_MESSAGE', 'hello comes once, first')
    const hello = parseHello(message)
    if (!hello) return refuse('UNKNOWN_MESSAGE', 'not a hello of this protocol')
    const { nonce } = session
    spoken = Math.min(hello.protocolVersion, protocol.version)
    advance({ event: 'hello' })
    const answer = await welcomeIn(nonce, hello).catch((error: unknown) => refuseError(error, log))
    // Not welcomed: the same connection may try again.
    advance({ event: 'refused' })
    return answer
  }

  const welcomeIn = async (nonce: string, hello: Hello): Promise<unknown> => {
    const greeted = await greetInTurn(context, nonce, hello)
    if (greeted.greeted === 'refused') return greeted.answer
    const { peer, epoch, answer } = greeted
    // It began between what was read here and now.
    if (heardOf !== null && heardOf !== epoch) return refuse('HUB_UNAVAILABLE', newEpochWords)
    welcomedInto = epoch
    advance({ event: 'known', peer })
    if (hasEnded()) return answer
    onWelcomed?.(peer)
    const { deviceId, incarnation } = peer
    await announceSession(db, { deviceId, incarnation, sessionId }).catch((error: unknown) =>
      log.warn({ err: error }, 'older sessions of this device were not told'),
    )
    void askWhatWaits(peer)
    return hasEnded() ? answer : { ...answer, credit: credits.grant(tellCredit) }
  }

  /** Behind the welcome: it reads the database first. */
  const askWhatWaits = async ({ deviceId }: Peer): Promise<void> => {
    const place = { owner: deviceId, urgency: urgencyOf('report') }
    const asks = await work
      .run(place, () => context.waitingAsks(db, deviceId))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'what waits for this device was not asked')
        return []
      })
    if (!hasEnded()) for (const ask of asks) say('ask', ask)
  }

  /** Two at once, so that one is read while the other is written; more would only hold what is inflated. */
  const takeTurn = async (take: (before: Promise<unknown>) => Promise<unknown>): Promise<unknown> => {
    if (session.state === 'welcomed' && session.batchesInFlight >= batchLimits.maxInFlight)
      return refuse('HUB_BUSY', `more than ${batchLimits.maxInFlight} batches in flight`)
    advance({ event: 'batch-started' })
    const before = lastBatch
    const turn = lastButOne.then(() => take(before))
    lastButOne = before
    lastBatch = turn.catch(() => undefined)
    return turn.then(withCredit).finally(() => advance({ event: 'batch-done' }))
  }

  const withCredit = (answer: unknown): unknown => {
    const isTaken = (answer as { outcome?: unknown }).outcome === 'acknowledged'
    if (!isTaken || session.state !== 'welcomed') return answer
    return { ...(answer as object), credit: credits.grant(tellCredit), hubTime: instantSchema.parse(new Date(nowMs()).toISOString()) }
  }

  const answer = async (event: string, message: unknown): Promise<unknown> => {
    if (event === 'hello') return answerHello(message)
    const request = requests.get(event)
    if (!request) return refuse('UNKNOWN_MESSAGE', `this hub does not know ${event.slice(0, 64)}`)
    if (session.state !== 'welcomed') return refuse('UNKNOWN_MESSAGE', 'say hello first')
    if (unanswered > maxUnanswered) return refuse('HUB_BUSY', `more than ${maxUnanswered} messages without an answer yet`)
    const { peer } = session
    const place = { owner: peer.deviceId, urgency: urgencyOf(event) }
    const own: RequestContext = { ...context, limit: { run: (task) => work.run(place, task) } }
    return inTurn.has(event) ? takeTurn((before) => request({ ...own, before }, peer, message)) : request(own, peer, message)
  }

  const endForFaults = (): void => {
    if (hasEnded()) return
    metrics.greetings.inc({ outcome: 'dismissed' })
    const { peer } = session.state === 'welcomed' ? session : { peer: null }
    log.warn({ deviceId: peer?.deviceId }, 'a connection was ended for its messages')
    if (peer) admission.book(peer.deviceId, steadyMs(), steadyMs() + floodedMs)
    dismiss('HUB_BUSY', 'too many messages that this hub does not take', floodedMs)
  }

  const heedOwn = (notice: DeviceNotice): void => {
    switch (notice.event) {
      case 'revoked':
        return dismiss('REVOKED_DEVICE', 'this device was revoked at the hub')
      case 'ask':
        return say('ask', notice.ask)
      case 'welcomed':
        if (notice.sessionId === sessionId) advance({ event: 'announced' })
        else if (isOlder(session, notice.incarnation)) dismiss('SESSION_REPLACED', 'a newer connection of this device took over')
    }
  }

  say('challenge', { nonce: session.nonce })
  return {
    receive: async (event, message) => {
      unanswered += 1
      try {
        const answered = await answer(event, message).catch((error: unknown) => refuseError(error, log))
        if ((await watchFaults(answered)) === 'ends') endForFaults()
        return answerFor(spoken, answered)
      } finally {
        unanswered -= 1
      }
    },
    poke: (message) => {
      if (session.state === 'welcomed') say('poke', message)
    },
    heed: (notice) => {
      if (session.state === 'welcomed' && session.peer.deviceId === notice.deviceId) heedOwn(notice)
    },
    heedEpoch: (epoch) => {
      heardOf = epoch
      if (session.state !== 'welcomed' || welcomedInto === epoch) return
      dismiss('HUB_UNAVAILABLE', newEpochWords, admission.book(session.peer.deviceId, steadyMs()))
    },
    closed: close,
  }
}
