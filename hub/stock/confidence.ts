/**
 * What the hub knows that it does not know about one item at one store, as expected units gone unseen. Each cause is a mean of its own;
 * independent counts add up, so their order does not matter, and each falls to nothing when its cause ends: confidence recovers by itself.
 *
 *   silence   velocity × time since the store's last word (at most `noticeMs` while its line is open)
 *   pending   records the store said it still had × units of the item a record; by their age where that is not known
 *   gap       records missing from the log × units of the item a record
 *   feed-lag  the share of sales booked under a number that the store's feed has not corrected yet
 *   horizon   velocity × time until the channel has this figure and an order on it is picked from the shelf
 *   drift     the share of what sold since the last count, or usually sells in that time, that left without a receipt
 */
import type { UnseenUnits } from './quantile.ts'
import { expectedMicro, expectedNextMicro, greatestMicro, longestMs, type Velocity } from './velocity.ts'

/** All times are the hub's, but for `oldestCapturedMs`. */
export interface StoreKnowledge {
  /** The newest report, heartbeat or record; null: never heard of. */
  lastWordMs: number | null
  /** The store's session is open as far as the hub can tell. */
  isConnected: boolean
  /** As last reported, less what has arrived since. `oldestCapturedMs` is the store's clock. */
  pending: { records: number; oldestCapturedMs?: number }
  /** Sequence numbers that the hub knows of and lacks. */
  missingRecords: number
  /** The store's clock minus the hub's, and how far that may be wrong. */
  clock?: { offsetMs: number; uncertaintyMs: number }
  /** How long the oldest entry that the store's feeds lack has been waiting; 0 when it has them all. */
  feedLagMs: number
}

export interface ItemKnowledge {
  velocity: Velocity
  /** What an average record of the store holds of this item, millionths of a unit; absent: not known. */
  unitsPerRecordMicro?: number
  /** The hub's time of the last count that was taken in; null: never counted. */
  lastCountMs: number | null
  /** What was sold since that count, as far as it was seen; absent: not known. */
  soldSinceCountMilli?: number
  /** What sells in an ordinary average hour, for the drift since the count; absent: as `velocity` has it. */
  usualMilliPerHour?: number
}

export interface ConfidencePolicy {
  /** The probability with which what is offered must be there. */
  servicePpm: number
  /** Whose rule that is; absent: it is the usual one. */
  by?: { ruleId: string; owner: string; reason: string }
  /** Variance over mean of what goes unseen; 1,000,000 is Poisson. */
  dispersionPpm: number
  /** Units lost without a receipt for each unit sold. */
  shrinkagePpm: number
  misbookedPpm: number
  /** How long a line may be dead before its session is closed. */
  noticeMs: number
  /** Until the channel shows the figure, and until an order taken on it is off the shelf; in trading time. */
  channelLagMs: number
  pickMs: number
  /** An item never counted, and a store never heard of, count as being so long ago. */
  neverMs: number
}

export const usualPolicy: ConfidencePolicy = {
  ...{ servicePpm: 980_000, dispersionPpm: 1_300_000, shrinkagePpm: 15_000, misbookedPpm: 50_000 },
  ...{ noticeMs: 45_000, channelLagMs: 120_000, pickMs: 1_800_000, neverMs: 28 * 24 * 3_600_000 },
}

export type UnseenCause = 'silence' | 'pending' | 'gap' | 'feed-lag' | 'horizon' | 'drift'

export interface UnseenTerm {
  kind: 'unseen'
  cause: UnseenCause
  /** How long, where the cause lasts. */
  ms?: number
  /** How many records, where the cause is records. */
  records?: number
  /** How far the store's clock is ahead, where an age was read off it. */
  offsetMs?: number
  milliPerHour: number
  meanMicro: number
}

const clamped = (micro: number): number => Math.min(greatestMicro, Math.max(0, Math.round(micro)))
const shareOf = (micro: number, ppm: number): number => clamped((micro / 1_000_000) * ppm)

const silence = (store: StoreKnowledge, { velocity }: ItemKnowledge, policy: ConfidencePolicy, nowMs: number): UnseenTerm => {
  const heardMs = store.lastWordMs ?? nowMs - policy.neverMs
  const fromMs = store.isConnected ? Math.max(heardMs, nowMs - policy.noticeMs) : heardMs
  const meanMicro = expectedMicro(velocity, fromMs, nowMs)
  return { kind: 'unseen', cause: 'silence', ms: Math.max(0, nowMs - fromMs), milliPerHour: velocity.milliPerHour, meanMicro }
}

/** The store's word on its oldest record is put on the hub's clock, and as much earlier as that may be wrong. */
const pending = (store: StoreKnowledge, { velocity, unitsPerRecordMicro }: ItemKnowledge, nowMs: number): UnseenTerm => {
  const { records, oldestCapturedMs } = store.pending
  const untilMs = store.lastWordMs ?? nowMs
  const { offsetMs, uncertaintyMs } = store.clock ?? { offsetMs: 0, uncertaintyMs: 0 }
  const sinceMs = oldestCapturedMs === undefined ? untilMs : Math.min(untilMs, oldestCapturedMs - offsetMs - uncertaintyMs)
  const byCount = unitsPerRecordMicro === undefined ? undefined : clamped(records * unitsPerRecordMicro)
  const meanMicro = records === 0 ? 0 : (byCount ?? expectedMicro(velocity, sinceMs, untilMs))
  const byAge = byCount === undefined && records > 0 ? { offsetMs } : {}
  return { kind: 'unseen', cause: 'pending', records, ms: untilMs - sinceMs, ...byAge, milliPerHour: velocity.milliPerHour, meanMicro }
}

/** A record that is missing holds what a record usually does; where that is not known, a whole unit. */
const gap = ({ missingRecords }: StoreKnowledge, { velocity, unitsPerRecordMicro = 1_000_000 }: ItemKnowledge): UnseenTerm => {
  const meanMicro = clamped(missingRecords * unitsPerRecordMicro)
  return { kind: 'unseen', cause: 'gap', records: missingRecords, milliPerHour: velocity.milliPerHour, meanMicro }
}

const feedLag = (store: StoreKnowledge, { velocity }: ItemKnowledge, policy: ConfidencePolicy, nowMs: number): UnseenTerm => {
  const ms = Math.min(longestMs, store.feedLagMs)
  const meanMicro = shareOf(expectedMicro(velocity, nowMs - ms, nowMs), policy.misbookedPpm)
  return { kind: 'unseen', cause: 'feed-lag', ms: store.feedLagMs, milliPerHour: velocity.milliPerHour, meanMicro }
}

const horizon = ({ velocity }: ItemKnowledge, { channelLagMs, pickMs }: ConfidencePolicy, nowMs: number): UnseenTerm => {
  const ms = channelLagMs + pickMs
  return { kind: 'unseen', cause: 'horizon', ms, milliPerHour: velocity.milliPerHour, meanMicro: expectedNextMicro(velocity, nowMs, ms) }
}

const drift = (item: ItemKnowledge, policy: ConfidencePolicy, nowMs: number): UnseenTerm => {
  const usual = { ...item.velocity, milliPerHour: item.usualMilliPerHour ?? item.velocity.milliPerHour }
  const countedMs = item.lastCountMs ?? nowMs - policy.neverMs
  const soldMicro = Math.max(expectedMicro(usual, countedMs, nowMs), (item.soldSinceCountMilli ?? 0) * 1_000)
  const meanMicro = shareOf(soldMicro, policy.shrinkagePpm)
  return { kind: 'unseen', cause: 'drift', ms: Math.max(0, nowMs - countedMs), milliPerHour: usual.milliPerHour, meanMicro }
}

export const unseenTerms = (store: StoreKnowledge, item: ItemKnowledge, policy: ConfidencePolicy, nowMs: number): UnseenTerm[] => [
  silence(store, item, policy, nowMs),
  pending(store, item, nowMs),
  gap(store, item),
  feedLag(store, item, policy, nowMs),
  horizon(item, policy, nowMs),
  drift(item, policy, nowMs),
]

export const unseenUnits = (terms: readonly UnseenTerm[], { dispersionPpm }: ConfidencePolicy): UnseenUnits => ({
  meanMicro: clamped(terms.reduce((sum, { meanMicro }) => sum + meanMicro, 0)),
  dispersionPpm,
})
