/**
 * A session's states and its one transition function.
 *
 *   challenged ─hello▶ greeting ─known▶ welcomed ─dismiss▶ ended
 *        ▲────────────── refused ──┘ (a refused hello may be tried again on the same nonce)
 */
import { unreachable } from '#sync/contract/assert.ts'
import type { DeviceId, Incarnation, StoreId } from '#sync/contract/vocabulary.ts'

export interface Peer {
  deviceId: DeviceId
  incarnation: Incarnation
  storeId: StoreId
  /** What both sides speak. */
  protocolVersion: number
}

export type Session =
  | { state: 'challenged'; nonce: string }
  | { state: 'greeting'; nonce: string }
  /** `announced`: the gateways heard of this session; one announced later is newer. */
  | { state: 'welcomed'; peer: Peer; announced: boolean; batchesInFlight: number }
  | { state: 'ended' }

export type SessionEvent =
  | { event: 'hello' }
  | { event: 'refused' }
  | { event: 'known'; peer: Peer }
  | { event: 'announced' }
  | { event: 'batch-started' }
  | { event: 'batch-done' }
  | { event: 'ended' }

/** An event that does not fit the state leaves it as it is: the peer decides what it sends, and when. */
export const nextSession = (session: Session, event: SessionEvent): Session => {
  switch (event.event) {
    case 'hello':
      return session.state === 'challenged' ? { state: 'greeting', nonce: session.nonce } : session
    case 'refused':
      return session.state === 'greeting' ? { state: 'challenged', nonce: session.nonce } : session
    case 'known':
      return session.state === 'greeting' ? { state: 'welcomed', peer: event.peer, announced: false, batchesInFlight: 0 } : session
    case 'announced':
      return session.state === 'welcomed' ? { ...session, announced: true } : session
    case 'batch-started':
      return session.state === 'welcomed' ? { ...session, batchesInFlight: session.batchesInFlight + 1 } : session
    case 'batch-done':
      return session.state === 'welcomed' ? { ...session, batchesInFlight: session.batchesInFlight - 1 } : session
    case 'ended':
      return { state: 'ended' }
    default:
      return unreachable(event)
  }
}

/** Judged when another session of the same device is announced. NOTIFY keeps one order for all, so of two exactly one is older. */
export const isOlder = (session: Session, incarnation: string): boolean =>
  session.state === 'welcomed' && session.announced && session.peer.incarnation === incarnation
