/**
 * What may leave the disk: whole segments, the oldest first, of which the hub has everything, and former lives whose records it has from
 * the present one. By age a record may go when the agent has seen as many later dates as the retention has days: a clock that is set
 * forward adds one date, not a year.
 */
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { DayMark, FormerLife } from './manifest.ts'

export interface PruneRequest {
  /** The store's date, for counting days. */
  today: string
  days: number
  maxBytes: number
  /** The disk is full: what the hub has may go at once. */
  isUrgent: boolean
}

export interface PrunableSegment {
  lastSeq: number
  bytes: number
}
export interface PrunableLife extends FormerLife {
  bytes: number
  /** It misses records, and its files are the evidence. */
  hasHoles: boolean
}

export interface PruneState {
  ackedSeq: number
  /** Up to here records are old enough. */
  agedSeq: number
  /** Without the one that is written; oldest first. */
  segments: readonly PrunableSegment[]
  former: readonly PrunableLife[]
  /** Of all files. */
  totalBytes: number
}

export const markDay = (marks: readonly DayMark[], date: string, seq: number, days: number): DayMark[] =>
  marks.some((mark) => mark.date === date) ? [...marks] : [...marks, { date, seq } as DayMark].slice(-(days + 1))

export const agedSeqOf = (marks: readonly DayMark[], days: number): number => marks.at(-(days + 1))?.seq ?? 0

export interface PrunePlan {
  segments: number
  former: Incarnation[]
}

export const planPrune = (state: PruneState, { maxBytes, isUrgent }: Pick<PruneRequest, 'maxBytes' | 'isUrgent'>): PrunePlan => {
  let excess = isUrgent ? Infinity : state.totalBytes - maxBytes
  const mayGo = (lastSeq: number): boolean => lastSeq <= state.ackedSeq && (lastSeq <= state.agedSeq || excess > 0)
  const plan: PrunePlan = { segments: 0, former: [] }
  for (const { incarnation, carriedTo, bytes, hasHoles } of state.former) {
    if (hasHoles || !mayGo(carriedTo)) continue
    plan.former.push(incarnation)
    excess -= bytes
  }
  for (const { lastSeq, bytes } of state.segments) {
    if (!mayGo(lastSeq)) break
    plan.segments += 1
    excess -= bytes
  }
  return plan
}
