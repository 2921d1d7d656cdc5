/**
 * One store's connection, whatever carries it: challenge, hello, then requests in any order. Batches reach the log in the order they
 * came, however many are in flight. Nothing of it is remembered when the connection ends.
 */
import type { DownEvent, DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import { batchLimits, protocol } from '#sync/contract/protocol.ts'
import type { HubEpoch } from '#sync/contract/vocabulary.ts'
import { type DeviceNotice, notifyDevice } from '../enrolment/device-channel.ts'
import { refuse, refuseError } from './answer.ts'
import { greet, parseHello, type Hello } from './handshake.ts'
import { answerFor, pushFor } from './older-agent.ts'
import type { Request, RequestContext, Requests } from './request.ts'
import { inTurn, ownRequests } from './requests.ts'
import { isOlder, nextSession, type Peer, type Session, type SessionEvent } from './session.ts'
import { welcome } from './welcome.ts'

export interface SessionContext extends RequestContext {
  nowMs(): number
  newNonce(): string
  moreRequests?: Requests
}

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
  /** Notices of other devices leave it as it is. */
  heed(notice: DeviceNotice): void
  /** The epoch that the hub's data is in: who was welcomed into another comes back into this one. */
  heedEpoch(epoch: HubEpoch): void
  /** The connection has ended. */
  closed(): void
}

const newEpochWords = 'the hub’s data began a new epoch: come back into it'

export const openStoreSession = ({ context, sessionId, send, end, onWelcomed }: StoreSessionOptions): StoreSession => {
  const { db, log, nowMs } = context
  const requests = new Map<string, Request>(Object.entries({ ...ownRequests, ...context.moreRequests }))
  let session: Session = { state: 'challenged', nonce: context.newNonce() }
  let lastBatch: Promise<unknown> = Promise.resolve()
  /** Until the agent has said what it speaks, it is taken for the oldest. */
  let spoken: number = protocol.floor
  let welcomedInto: HubEpoch | null = null
  let heardOf: HubEpoch | null = null

  const say = <E extends DownEvent>(event: E, message: DownMessage<E>): void => {
    const said = pushFor(spoken, event, message)
    if (said !== null) send(event, said)
  }

  const advance = (event: SessionEvent): void => void (session = nextSession(session, event))

  const dismiss = (code: ErrorCode, message: string): void => {
    advance({ event: 'ended' })
    say('dismiss', { code, message })
    end()
  }

  const answerHello = async (message: unknown): Promise<unknown> => {
    if (session.state !== 'challenged') return refuse('UNKNOWN_MESSAGE', 'hello comes once, first')
    const hello = parseHello(message)
    if (!hello) return refuse('UNKNOWN_MESSAGE', 'not a hello of this protocol')
    const { nonce } = session
    spoken = Math.min(hello.protocolVersion, protocol.version)
    advance({ event: 'hello' })
    const answer = await greetAndWelcome(nonce, hello).catch((error: unknown) => refuseError(error, log))
    // Not welcomed: the same connection may try again.
    advance({ event: 'refused' })
    return answer
  }

  const greetAndWelcome = async (nonce: string, hello: Hello): Promise<unknown> => {
    const greeting = await greet(db, nonce, hello)
    if (greeting.greeting === 'refused') return refuse(greeting.code, greeting.message)
    const { peer } = greeting
    const welcomed = await welcome(db, peer, hello, nowMs())
    if (!('epoch' in welcomed)) return welcomed.answer
    // It began between what was read here and now.
    if (heardOf !== null && heardOf !== welcomed.epoch) return refuse('HUB_UNAVAILABLE', newEpochWords)
    welcomedInto = welcomed.epoch
    advance({ event: 'known', peer })
    if (session.state === 'welcomed') onWelcomed?.(peer)
    const { deviceId, incarnation } = peer
    await notifyDevice(db, { event: 'welcomed', deviceId, incarnation, sessionId }).catch((error: unknown) =>
      log.warn({ err: error }, 'older sessions of this device were not told'),
    )
    return welcomed.answer
  }

  const takeTurn = async (work: () => Promise<unknown>): Promise<unknown> => {
    if (session.state === 'welcomed' && session.batchesInFlight >= batchLimits.maxInFlight)
      return refuse('HUB_UNAVAILABLE', `more than ${batchLimits.maxInFlight} batches in flight`)
    advance({ event: 'batch-started' })
    const turn = lastBatch.then(work)
    lastBatch = turn.catch(() => undefined)
    return turn.finally(() => advance({ event: 'batch-done' }))
  }

  const answer = async (event: string, message: unknown): Promise<unknown> => {
    if (event === 'hello') return answerHello(message)
    const request = requests.get(event)
    if (!request) return refuse('UNKNOWN_MESSAGE', `this hub does not know ${event.slice(0, 64)}`)
    if (session.state !== 'welcomed') return refuse('UNKNOWN_MESSAGE', 'say hello first')
    const { peer } = session
    return inTurn.has(event) ? takeTurn(() => request(context, peer, message)) : request(context, peer, message)
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
      const answered = await answer(event, message).catch((error: unknown) => refuseError(error, log))
      return answerFor(spoken, answered)
    },
    heed: (notice) => {
      if (session.state === 'welcomed' && session.peer.deviceId === notice.deviceId) heedOwn(notice)
    },
    heedEpoch: (epoch) => {
      heardOf = epoch
      if (session.state === 'welcomed' && welcomedInto !== epoch) dismiss('HUB_UNAVAILABLE', newEpochWords)
    },
    closed: () => advance({ event: 'ended' }),
  }
}
