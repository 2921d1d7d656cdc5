/**
 * Runs the link state machine against a Link: connects, proves the device by signing the hub's challenge, and tells the rest of
 * the engine when the line is up or down. Each connection has a number; what a former one still says is ignored.
 */
import type { Identity } from '#sync/contract/config.ts'
import type { Ask, DownEvent, DownMessage } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { FeedName } from '#sync/contract/feed.ts'
import { protocol } from '#sync/contract/protocol.ts'
import { helloText, type UpEvent, type UpRequest, type UpResponse } from '#sync/contract/up.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import { startingLink, stepLink, type LinkEffect, type LinkEvent, type LinkState } from '#sync/core/link-state.ts'
import { LinkLost, type Clock, type Link, type Random, type Signer } from '#sync/core/ports.ts'
import { reasonOf, type EngineLog } from './log.ts'

const helloDeadlineMs = 20_000

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
  onWelcome(connection: number, welcome: Welcome): void
  onLost(): void
  onRefused(code: ErrorCode, message: string): void
  onPoke(feed: FeedName): void
  onAsk?(ask: Ask): void
  onChange(): void
}

export interface HubLine {
  state(): LinkState
  start(): void
  syncNow(): void
  /** Rejects with LinkLost when the line is not up; a lost answer brings the line down. */
  request<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E>>
  /** For what the hub may not know: a missing answer is null, and the line stays up. */
  tryRequest<E extends UpEvent>(event: E, request: UpRequest<E>): Promise<UpResponse<E> | null>
  /** False once this connection has ended. */
  isCurrent(connection: number): boolean
  lose(reason: string): void
  refuse(code: ErrorCode, message: string): void
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

export const createHubLine = (ports: HubLinePorts): HubLine => {
  const { link, clock, log, identity, incarnation } = ports
  let state = startingLink(clock.nowMs())
  let connection = 0
  let greeted = false
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
        link.close()
        return ports.onLost()
      case 'retry-after':
        return setTimer(effect.delayMs, () => step({ kind: 'retry' }))
    }
  }
  const step = (event: LinkEvent): void => {
    const before = state
    const next = stepLink(state, event, clock.nowMs(), ports.random())
    state = next.state
    for (const effect of next.effects) perform(effect)
    if (before.state !== state.state) {
      log(state.state === 'refused' ? 'warn' : 'info', `hub link ${state.state}`, 'message' in state ? { reason: state.message } : {})
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
    })
  }
  const receive = <E extends DownEvent>(mine: number, event: E, message: DownMessage<E>): void => {
    if (event === 'challenge' && !greeted) {
      greeted = true
      void greet(mine, (message as DownMessage<'challenge'>).nonce)
    }
    if (event === 'poke') ports.onPoke((message as DownMessage<'poke'>).feed)
    if (event === 'ask') ports.onAsk?.(message as DownMessage<'ask'>)
    if (event === 'dismiss') step({ kind: 'refused', ...(message as DownMessage<'dismiss'>) })
  }
  const greet = async (mine: number, nonce: string): Promise<void> => {
    try {
      const { deviceId } = identity
      const signature = await ports.signer.sign(helloText(nonce, deviceId, incarnation))
      if (mine !== connection) return
      const hello = { protocolVersion: protocol.version, deviceId, incarnation, signature, agentVersion: ports.agentVersion }
      const answer = await link.request('hello', hello)
      if (mine !== connection) return
      const objection = answer.outcome === 'refused' ? { code: answer.code, message: answer.message } : objectionTo(answer, identity)
      if (objection) return step({ kind: 'refused', ...objection })
      step({ kind: 'welcomed' })
      if (answer.outcome === 'welcome') ports.onWelcome(mine, answer)
    } catch (error) {
      if (mine === connection) step({ kind: 'lost', reason: reasonOf(error) })
    }
  }
  const request = async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E>> => {
    if (state.state !== 'online') throw new LinkLost('not connected')
    const mine = connection
    try {
      return await link.request(event, message)
    } catch (error) {
      if (mine === connection) step({ kind: 'lost', reason: reasonOf(error) })
      throw error
    }
  }
  const tryRequest = async <E extends UpEvent>(event: E, message: UpRequest<E>): Promise<UpResponse<E> | null> => {
    if (state.state !== 'online') return null
    try {
      return await link.request(event, message)
    } catch (error) {
      if (error instanceof LinkLost) return null
      throw error
    }
  }
  return {
    state: () => state,
    start: () => step({ kind: 'start' }),
    syncNow: () => step({ kind: 'sync-now' }),
    request,
    tryRequest,
    isCurrent: (mine) => mine === connection,
    lose: (reason) => step({ kind: 'lost', reason }),
    refuse: (code, message) => step({ kind: 'refused', code, message }),
    close: () => {
      cancelTimer?.()
      connection += 1
      link.close()
    },
  }
}
