/**
 * The Link that the engine talks through: each request passes the gate in its class, and what moves is counted. A page that is pulled
 * under a bound per second is asked for smaller. A request that waited for a connection that has ended is lost, never sent over the next.
 */
import type { FeedName } from '#sync/contract/feed.ts'
import type { UpEvent, UpRequest, UpResponse } from '#sync/contract/up.ts'
import { answerBytes, requestBytes } from '#sync/core/message-size.ts'
import { LinkLost, type Clock, type Link } from '#sync/core/ports.ts'
import { laneOfEvent, laneOfPull, type Lane } from '#sync/core/traffic-class.ts'
import type { Transfer } from '#sync/core/traffic-pace.ts'
import type { Passage, TrafficGate } from './traffic-gate.ts'

/** What went through, as told to whoever learns from it. */
export interface Exchange {
  event: UpEvent
  request: UpRequest<UpEvent>
  answer: UpResponse<UpEvent>
  sentBytes: number
  receivedBytes: number
  transfer: Transfer
}

export interface TrafficLinkPorts {
  link: Link
  gate: TrafficGate
  clock: Clock
  isWhole(feed: FeedName): Promise<boolean>
  /** How many entries of a feed a page may have. */
  pageLimit(feed: FeedName): number
  onMoved(direction: 'sent' | 'received', bytes: number): void
  onExchange(exchange: Exchange): void
  onPull(request: UpRequest<'pull'>, lane: Lane): void
  onDone(ticket: number): void
  onLost(): void
}

export const createTrafficLink = (ports: TrafficLinkPorts): Link => {
  const { link, gate, clock } = ports
  let connection = 0
  /** The link tells by itself what moves. */
  let measures = false
  let previousAtMs = 0

  /** Whoever asks without a connection must not wait at the gate: nobody would ever let them through. */
  let connected = false

  const end = (): void => {
    connected = false
    connection += 1
    gate.lost()
    ports.onLost()
  }
  const connect: Link['connect'] = (handlers) => {
    end()
    connected = true
    const mine = connection
    link.connect({
      onDown: handlers.onDown,
      onLost: (reason) => {
        if (mine === connection) end()
        handlers.onLost(reason)
      },
      onMoved: (direction, bytes) => {
        measures = true
        ports.onMoved(direction, bytes)
        handlers.onMoved?.(direction, bytes)
      },
    })
  }
  const laneOf = (event: UpEvent, request: UpRequest<UpEvent>): Lane | Promise<Lane> => {
    if (event !== 'pull') return laneOfEvent(event)
    const pull = request as UpRequest<'pull'>
    return ports.isWhole(pull.feed).then((whole) => {
      const lane = laneOfPull(pull.feed, whole)
      ports.onPull(pull, lane)
      return lane
    })
  }
  /** At the moment of sending: the bound may have changed since it was asked. */
  const fitted = <E extends UpEvent>(event: E, request: UpRequest<E>): UpRequest<E> => {
    if (event !== 'pull') return request
    const { feed, limit } = request as UpRequest<'pull'>
    return { ...request, limit: Math.min(limit, ports.pageLimit(feed)) }
  }
  const estimate = (direction: 'sent' | 'received', bytes: number): number => {
    if (!measures) ports.onMoved(direction, bytes)
    return bytes
  }
  const exchange = async <E extends UpEvent>(
    event: E,
    asked: UpRequest<E>,
    askedAtMs: number,
    passage: Passage,
  ): Promise<UpResponse<E>> => {
    const request = fitted(event, asked)
    const sentBytes = estimate('sent', requestBytes(request))
    const answer = await link.request(event, request)
    const receivedBytes = estimate('received', answerBytes(answer))
    const doneAtMs = clock.nowMs()
    const transfer = { bytes: sentBytes + receivedBytes, askedAtMs, releasedAtMs: passage.releasedAtMs, doneAtMs, previousAtMs }
    previousAtMs = doneAtMs
    ports.onExchange({ event, request, answer, sentBytes, receivedBytes, transfer })
    return answer
  }
  const request: Link['request'] = async (event, asked) => {
    if (!connected) throw new LinkLost('not connected')
    const mine = connection
    const askedAtMs = clock.nowMs()
    // Without a pause where none is needed: batches go in the order in which they were asked.
    const lane = laneOf(event, asked)
    const passage = await gate.enter(typeof lane === 'string' ? lane : await sameConnection(mine, lane))
    try {
      if (mine !== connection) throw new LinkLost('the line dropped before it was sent')
      return await exchange(event, asked, askedAtMs, passage)
    } finally {
      if (mine === connection) passage.done()
      ports.onDone(passage.ticket)
    }
  }
  const sameConnection = async (mine: number, lane: Promise<Lane>): Promise<Lane> => {
    const known = await lane
    if (mine !== connection) throw new LinkLost('the line dropped before it was sent')
    return known
  }
  const close = (): void => {
    end()
    link.close()
  }
  return { connect, request, close }
}
