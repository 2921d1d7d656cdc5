/** Which price zone a store is in, and when. Pure. A store is in one zone at a time; what has begun is never rewritten, only ended. */
import { covers, type Span } from './stated-price.ts'

export interface Membership {
  memberId: number
  zoneId: string
  span: Span
}

export const zoneAt = (memberships: readonly Membership[], atMs: number): string | null =>
  memberships.find(({ span }) => covers(span, atMs))?.zoneId ?? null

export interface Move {
  /** Planned and not begun by the move: void. */
  voided: number[]
  /** Ends when the move begins. */
  ended: { memberId: number; atMs: number } | null
  /** Held on to, without the end that was planned. */
  prolonged: number | null
  joined: { zoneId: string; fromMs: number } | null
}

/** From `fromMs` on the store is in `zoneId` (null: in none) and stays; later plans are given up. */
export const planMove = (memberships: readonly Membership[], zoneId: string | null, fromMs: number): Move => {
  const current = memberships.find(({ span }) => covers(span, fromMs))
  const stays = current !== undefined && current.zoneId === zoneId
  const voided = memberships.filter((each) => each.span.fromMs >= fromMs && !(stays && each === current)).map(({ memberId }) => memberId)
  if (stays) return { voided, ended: null, prolonged: current.span.toMs === null ? null : current.memberId, joined: null }
  return {
    voided,
    ended: current && current.span.fromMs < fromMs ? { memberId: current.memberId, atMs: fromMs } : null,
    prolonged: null,
    joined: zoneId === null ? null : { zoneId, fromMs },
  }
}

export const isMove = (move: Move): boolean =>
  move.voided.length > 0 || move.ended !== null || move.prolonged !== null || move.joined !== null
