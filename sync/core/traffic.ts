/**
 * The gate that every request to the hub passes: state + event → state + effects.
 *
 *   asked ─▶ waiting [ urgent | routine | bulk ] ─ may it go? ─▶ in flight ─▶ done
 *
 * Invariants: a closed class sends nothing, unless a person overrides it; under a bound per second one message is in flight at a time,
 * and none begins while the last one is not paid for; without one, urgent goes at once and of the others one at a time, not beside
 * something that goes before it. A class that was passed over `patience` times has the next turn: nothing open starves.
 */
import { unreachable } from '../contract/assert.ts'
import { trafficClasses, type TrafficCaps, type TrafficClass } from '../contract/traffic.ts'
import { fullBucket, refill, spend, waitMs, type ByteBucket } from './byte-bucket.ts'
import type { Lane } from './traffic-class.ts'

export const patience = 16

export interface Ticket {
  id: number
  lane: Lane
}

export interface TrafficState {
  caps: TrafficCaps
  open: Readonly<Record<TrafficClass, boolean>>
  overridden: boolean
  /** Both directions together, of the store's day. */
  usedBytesToday: number
  bucket: ByteBucket
  /** In the order of asking. */
  waiting: readonly Ticket[]
  inFlight: readonly Ticket[]
  /** Turns that went to a class that goes before, while this one could have had them. */
  passedOver: Readonly<Record<TrafficClass, number>>
}

export type TrafficEvent =
  | { kind: 'asked'; ticket: Ticket }
  | { kind: 'done'; id: number }
  | { kind: 'moved'; bytes: number }
  | { kind: 'used'; bytesToday: number }
  | { kind: 'ruled'; caps: TrafficCaps; open: Readonly<Record<TrafficClass, boolean>> }
  | { kind: 'overridden'; overridden: boolean }
  | { kind: 'look' }
  /** The line dropped: whoever waited or was under way is told by other means. */
  | { kind: 'lost' }

export type TrafficEffect = { kind: 'release'; id: number } | { kind: 'look-again'; delayMs: number }

export interface TrafficStep {
  state: TrafficState
  effects: TrafficEffect[]
}

const none = { urgent: 0, routine: 0, bulk: 0 } as const

export const openTraffic = (nowMs: number): TrafficState => ({
  ...{ caps: { metered: false }, open: { urgent: true, routine: true, bulk: true }, overridden: false, usedBytesToday: 0 },
  ...{ bucket: fullBucket(0, nowMs), waiting: [], inFlight: [], passedOver: none },
})

export const bytesPerSecondOf = ({ kilobytesPerSecond }: TrafficCaps): number | null =>
  kilobytesPerSecond === undefined ? null : kilobytesPerSecond * 1_000

export const bytesPerDayOf = ({ megabytesPerDay }: TrafficCaps): number | null =>
  megabytesPerDay === undefined ? null : megabytesPerDay * 1_000_000

export const stepTraffic = (state: TrafficState, event: TrafficEvent, nowMs: number): TrafficStep =>
  release(take({ ...state, bucket: refill(state.bucket, bytesPerSecondOf(state.caps) ?? 0, nowMs) }, event))

const take = (state: TrafficState, event: TrafficEvent): TrafficState => {
  switch (event.kind) {
    case 'asked':
      return { ...state, waiting: [...state.waiting, event.ticket] }
    case 'done':
      return { ...state, inFlight: without(state.inFlight, event.id), waiting: without(state.waiting, event.id) }
    case 'moved':
      return bytesPerSecondOf(state.caps) === null ? state : { ...state, bucket: spend(state.bucket, event.bytes) }
    case 'used':
      return { ...state, usedBytesToday: event.bytesToday }
    case 'ruled':
      return rule(state, event.caps, event.open)
    case 'overridden':
      return { ...state, overridden: event.overridden }
    case 'look':
      return state
    case 'lost':
      return { ...state, waiting: [], inFlight: [], passedOver: none }
    default:
      return unreachable(event)
  }
}

const without = (tickets: readonly Ticket[], id: number): Ticket[] => tickets.filter((t) => t.id !== id)

/** A new bound begins with a full bucket; one that stays the same keeps what it owes. */
const rule = (state: TrafficState, caps: TrafficCaps, open: TrafficState['open']): TrafficState => {
  const rate = bytesPerSecondOf(caps)
  const isSame = rate === bytesPerSecondOf(state.caps)
  return { ...state, caps, open, bucket: isSame || rate === null ? state.bucket : fullBucket(rate, state.bucket.atMs) }
}

const release = (before: TrafficState): TrafficStep => {
  const effects: TrafficEffect[] = []
  let state = before
  for (let ticket = nextTurn(state); ticket; ticket = nextTurn(state)) {
    effects.push({ kind: 'release', id: ticket.id })
    state = depart(state, ticket)
  }
  return { state, effects: [...effects, ...lookAgain(state)] }
}

/** By windows, the daily bound and the override; it may still have to take its turn. */
export const isAllowed = (state: TrafficState, trafficClass: TrafficClass): boolean => {
  if (state.overridden) return true
  const bytesPerDay = trafficClass === 'urgent' ? null : bytesPerDayOf(state.caps)
  return state.open[trafficClass] && (bytesPerDay === null || state.usedBytesToday < bytesPerDay)
}

const firstOf = (state: TrafficState, lane: Lane): Ticket | undefined => state.waiting.find((t) => t.lane === lane)

const readyClasses = (state: TrafficState): TrafficClass[] => trafficClasses.filter((c) => isAllowed(state, c) && firstOf(state, c))

const nextTurn = (state: TrafficState): Ticket | undefined => {
  const session = firstOf(state, 'session')
  if (session) return session
  const ready = readyClasses(state)
  const longWaiting = ready.filter((c) => state.passedOver[c] >= patience)
  const chosen = [...longWaiting, ...ready].find((c) => hasRoom(state, c))
  return chosen && firstOf(state, chosen)
}

const hasRoom = (state: TrafficState, trafficClass: TrafficClass): boolean => {
  const underWay = state.inFlight.filter((t) => t.lane !== 'session')
  if (bytesPerSecondOf(state.caps) !== null) return underWay.length === 0 && state.bucket.level > 0
  if (trafficClass === 'urgent') return true
  return underWay.every((t) => t.lane === 'urgent' && state.passedOver[trafficClass] >= patience)
}

const depart = (state: TrafficState, ticket: Ticket): TrafficState => {
  const moved = { ...state, waiting: without(state.waiting, ticket.id), inFlight: [...state.inFlight, ticket] }
  const { lane } = ticket
  if (lane === 'session') return moved
  const passed = readyClasses(moved).filter((c) => trafficClasses.indexOf(c) > trafficClasses.indexOf(lane))
  const passedOver = { ...state.passedOver, ...Object.fromEntries(passed.map((c) => [c, state.passedOver[c] + 1])), [lane]: 0 }
  return { ...moved, passedOver }
}

const lookAgain = (state: TrafficState): TrafficEffect[] => {
  const rate = bytesPerSecondOf(state.caps)
  if (rate === null || state.bucket.level > 0 || readyClasses(state).length === 0) return []
  return [{ kind: 'look-again', delayMs: waitMs(state.bucket, rate) }]
}
