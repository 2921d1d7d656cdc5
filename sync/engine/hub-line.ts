/**
 * Runs the link state machine against a Link: connects, proves the device by signing the hub's challenge, and tells the rest of
 * the engine when the line is up or down. Each connection has a number; what a former one still says is ignored. What the hub does
 * not know is not said to it, and an answer that belongs to another epoch than the welcome's ends the connection.
 */
import type { Identity } from '#sync/contract/config.ts'
import type { Ask, DownEvent, DownMessage, FeedNews } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { FeedName } from '#sync/contract/feed.ts'
import { protocol } from '#sync/contract/protocol.ts'
import { helloText, messageSince, type Credit, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import type { HubEpoch, Incarnation } from '#sync/contract/vocabulary.ts'
import { addClockSample, hubOffset, unknownHubClock, type HubOffset } from '#sync/core/hub-clock.ts'
import { toMs } from '#sync/core/instant.ts'
import { startingLink, stepLink, type LinkEffect, type LinkEvent, type LinkState } from '#sync/core/link-state.ts'
import { LinkLost, type Clock, type Link, type Probe, type Random, type Signer } from '#sync/core/ports.ts'
import { reasonOf, type EngineLog } from './log.ts'

/** From the first attempt to connect to the welcome; see the time limits of the link. */
const helloDeadlineMs = 60_000
/** After a sleep the line is believed again only if the hub answers within this. */
const checkDeadlineMs = 8_000

export type Welcome = Extract<UpResponse<'hello'>, { outcome: 'welcome' }>

export interface HubLinePorts {
  link: Link
  signer: Signer
  clock: Clock
  random: Random
  log: EngineLog
  identity: Identity
  agentVersion: string
  incarnation: Incarnation
  /** Asked when a connection could not be made; without it nothing is known of the network. */
  probe?: Probe
  /** What is remembered of the hub; the hub compares. */
  remembers(): { epoch: HubEpoch; ackedSeq: number } | null
  onWelcome(connection: number, welcome: Welcome): void
  onLost(): void
  onRefused(code: ErrorCode, message: string): void
  onPoke(feed: FeedName, news: FeedNews | undefined): void
  onCredit(connection: number, credit: Credit): void
  onAsk(ask: Ask): void
  onMoved?(direction: 'sent' | 'received', bytes: number): void
  onChange(): void
}

export interface HubLine {
  state(): LinkState
  start(): void
  syncNow(): void
  /** The computer woke up: an idle line connects at once, and one that seems up has to prove it. */
  resumed(): void
  /** The hub knows this message, and is there to hear it. */
  speaks(event: UpEvent): boolean
  /** The epoch that the hub named at the welcome; null with a hub that has none, and before. */
  epoch(): HubEpoch | null
  /** The store's clock against the hub's, as far as it was measured. */
  hubClock(): HubOffset | null
  /** The newest refusal by a hub, or of one; for reports. */
  lastRefusal(): { code: ErrorCode; atMs: number } | null
  /** Rejects with LinkLost when the line is not up or the hub does not know the message; a lost answer brings the line down. */
  request<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E>>
  /** The same for what can wait: null where `request` rejects. */
  tryRequest<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E> | null>
  /** False once this connection has ended. */
  isCurrent(connection: number): boolean
  lose(reason: string): void
  /** The hub said what cannot be: in plain words, for the log and for whoever looks. */
  distrust(reason: string): void
  refuse(code: ErrorCode, message: string, retryAfterMs?: number): void
  close(): void
}

const objectionTo = (welcome: Welcome, identity: Identity): { code: ErrorCode; message: string } | null => {
  if (welcome.protocolVersion < protocol.floor)
    return {
      code: 'BELOW_FLOOR',
      message: `The hub speaks protocol ${welcome.protocolVersion}; this agent needs at least ${protocol.floor}.`,
    }
  if (welcome.storeId !== identity.storeId)
    return { code: 'WRONG_STORE', message: `The hub knows this device as store ${welcome.storeId}, not ${identity.storeId}.` }
  return null
}

type Refusal = { code: ErrorCode; message: string; retryAfterMs?: number | undefined }
const refusalOf = ({ code, message, retryAfterMs }: Refusal): LinkEvent => ({
  ...{ kind: 'refused', code, message },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

const codeOf = (link: LinkState): ErrorCode | undefined => ('code' in link ? link.code : undefined)
const describe = (link: LinkState): Record<string, string> => ({
  ...('message' in link ? { reason: link.message } : {}),
  ...('code' in link && link.code ? { code: link.code } : {}),
})

const epochOf = (answer: UpResponse<UpEvent>): HubEpoch | null => ('epoch' in answer ? (answer.epoch ?? null) : null)

export const createHubLine = (ports: HubLinePorts): HubLine => {
  const { link, clock, log, identity, incarnation } = ports
  let state = startingLink(clock.nowMs())
  let connection = 0
  let greeted = false
  /** The version that both sides speak; 0 while nobody is welcomed. */
  let spoken = 0
  let epoch: HubEpoch | null = null
  let hubClock = unknownHubClock
  let refusal: { code: ErrorCode; atMs: number } | null = null
  let cancelTimer: (() => void) | null = null

  const setTimer = (delayMs: number, callback: () => void): void => {
    cancelTimer?.()
    cancelTimer = clock.after(delayMs, callback)
  }
  const perform = (effect: LinkEffect): void => {
    switch (effect.kind) {
      case 'connect':
        return open()
      case 'disconnect':
        connection += 1
        spoken = 0
        link.close()
        return ports.onLost()
      case 'retry-after':
        return setTimer(effect.delayMs, () => step({ kind: 'retry' }))
      case 'probe':
        return void probe()
      case 'check':
        return void check()
    }
  }
  const probe = async (): Promise<void> => {
    const mine = connection
    const answer = await ports.probe?.().catch(() => 'nothing' as const)
    if (answer && mine === connection) step({ kind: 'probed', answer })
  }
  /** Any small question does; this one every hub knows. */
  const check = async (): Promise<void> => {
    const mine = connection
    const cancel = clock.after(checkDeadlineMs, () => {
      if (mine === connection) step({ kind: 'lost', reason: 'the hub did not answer after this computer woke' })
    })
    await tryRequest('pull', { feed: 'settings', after: 0, limit: 1 }).catch(() => null)
    cancel()
  }
  const step = (event: LinkEvent): void => {
    const before = state
    const next = stepLink(state, event, clock.nowMs(), ports.random())
    state = next.state
    for (const effect of next.effects) perform(effect)
    if (event.kind === 'refused') refusal = { code: event.code, atMs: clock.nowMs() }
    if (event.kind === 'distrusted') log('warn', 'the hub said what cannot be; it is not believed', { reason: event.reason })
    if (before.state !== state.state || codeOf(before) !== codeOf(state)) {
      log(state.state === 'refused' ? 'warn' : 'info', `hub link ${state.state}`, describe(state))
      ports.onChange()
      if (state.state === 'refused') ports.onRefused(state.code, state.message)
    }
  }
  const open = (): void => {
    connection += 1
    greeted = false
    const mine = connection
    setTimer(
      helloDeadlineMs,
      () => mine === connection && state.state === 'connecting' && step({ kind: 'lost', reason: 'the hub did not greet in time' }),
    )
    link.connect({
      onDown: (event, message) => mine === connection && receive(mine, event, message),
      onLost: (reason) => mine === connection && step({ kind: 'lost', reason }),
      onMoved: (direction, bytes) => ports.onMoved?.(direction, bytes),
    })
  }
  const receive = <E extends DownEvent>(mine: number, event: E, message: DownMessage<E>): void => {
    if (event === 'challenge' && !greeted) {
      greeted = true
      void greet(mine, (message as DownMessage<'challenge'>).nonce)
    }
    // Before the welcome nobody may say what a feed has.
    if (event === 'poke') {
      const { feed, news } = message as DownMessage<'poke'>
      ports.onPoke(feed, state.state === 'online' ? news : undefined)
    }
    if (event === 'dismiss') step(refusalOf(message as DownMessage<'dismiss'>))
    if (event === 'credit') ports.onCredit(mine, message as DownMessage<'credit'>)
    if (event === 'ask') ports.onAsk(message as DownMessage<'ask'>)
  }
  const greet = async (mine: number, nonce: string): Promise<void> => {
    try {
      const { deviceId } = identity
      const signature = await ports.signer.sign(helloText(nonce, deviceId, incarnation))
      if (mine !== connection) return
      const remembers = ports.remembers()
      const answer = await timed('hello', {
        ...{ protocolVersion: protocol.version, deviceId, incarnation, signature, agentVersion: ports.agentVersion },
        ...(remembers ? { remembers } : {}),
      })
      if (mine !== connection) return
      if (answer.outcome === 'refused') return step(refusalOf(answer))
      const objection = objectionTo(answer, identity)
      if (objection) return step({ kind: 'refused', ...objection })
      spoken = Math.min(protocol.version, answer.protocolVersion)
      epoch = answer.epoch ?? null
      step({ kind: 'welcomed' })
      ports.onWelcome(mine, answer)
    } catch (error) {
      if (mine === connection) step({ kind: 'lost', reason: reasonOf(error) })
    }
  }
  /** Each answer that carries the hub's time measures how far the clocks are apart. */
  const timed = async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E>> => {
    const sentAtMs = clock.nowMs()
    const answer = await link.request(event, message)
    if ('hubTime' in answer && answer.hubTime !== undefined)
      hubClock = addClockSample(hubClock, { sentAtMs, receivedAtMs: clock.nowMs(), hubTimeMs: toMs(answer.hubTime) })
    return answer
  }
  const isOfOtherEpoch = (answer: UpResponse<UpEvent>): boolean => epochOf(answer) !== null && epochOf(answer) !== epoch
  const speaks = (event: UpEvent): boolean => state.state === 'online' && (messageSince[event] ?? 1) <= spoken
  const request = async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E>> => {
    if (!speaks(event)) throw new LinkLost(state.state === 'online' ? `this hub does not know ${event}` : 'not connected')
    const mine = connection
    try {
      const answer = await timed(event, message)
      if (mine === connection && isOfOtherEpoch(answer)) {
        step({ kind: 'distrusted', reason: `the hub answered ${event} in another epoch than it welcomed us in` })
        throw new LinkLost('the hub changed its epoch')
      }
      return answer
    } catch (error) {
      if (mine === connection) step({ kind: 'lost', reason: reasonOf(error) })
      throw error
    }
  }
  const tryRequest = async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E> | null> => {
    try {
      return await request(event, message)
    } catch (error) {
      if (error instanceof LinkLost) return null
      throw error
    }
  }
  return {
    state: () => state,
    start: () => step({ kind: 'start' }),
    syncNow: () => step({ kind: 'sync-now' }),
    resumed: () => step({ kind: 'resumed' }),
    speaks,
    epoch: () => (state.state === 'online' ? epoch : null),
    hubClock: () => hubOffset(hubClock),
    lastRefusal: () => refusal,
    request,
    tryRequest,
    isCurrent: (mine) => mine === connection,
    lose: (reason) => step({ kind: 'lost', reason }),
    distrust: (reason) => step({ kind: 'distrusted', reason }),
    refuse: (code, message, retryAfterMs) => step(refusalOf({ code, message, retryAfterMs })),
    close: () => {
      cancelTimer?.()
      connection += 1
      link.close()
    },
  }
}
