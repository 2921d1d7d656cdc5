/**
 * Available to sell, of one item at one store, for one channel [AVL1]:
 *
 *   withheld   = the quantile, at the service level, of the units that may have gone unseen
 *   available  = max(0, on hand − reserved − safety stock − withheld), at most the channel's allocation, whole units of what is sold by the piece
 *   confidence = the probability that what is reserved and what is offered is all there
 *
 * A function of its arguments alone: the same knowledge gives the same figure, whatever was known between.
 */
import type { Unit } from '#sync/contract/transaction.ts'
import { type ConfidencePolicy, type ItemKnowledge, type StoreKnowledge, type UnseenTerm, unseenTerms, unseenUnits } from './confidence.ts'
import { probabilityPpm, quantileUnits } from './quantile.ts'

/** Whose rule a term follows, for the explanation. */
export interface RuleSaid {
  ruleId: string
  owner: string
  reason: string
}

/** Thousandths of the unit. */
export interface StockFigures {
  unit: Unit
  onHandMilli: number
  reservedMilli: number
  safetyMilli: number
  safetyBy?: RuleSaid
  /** No more than this is for the channel; absent: all there is. */
  allocationMilli?: number
  /** How that came about: the most that the channel may have, and what of it is reserved already. */
  allocation?: { limitMilli: number; heldMilli: number; isClosed: boolean; by: RuleSaid }
  /** What on hand is made of, for the explanation: the last count and, where it is told apart, what was sold since. */
  count?: { atMs: number; businessDay?: string; countedMilli: number; soldSinceMilli?: number; otherSinceMilli: number }
}

export type AvailabilityTerm =
  | { kind: 'on-hand'; unit: Unit; milli: number; count?: StockFigures['count'] }
  | { kind: 'reserved' | 'offered'; milli: number }
  | { kind: 'safety'; milli: number; by?: RuleSaid | undefined }
  | { kind: 'allocation'; milli: number; of?: StockFigures['allocation'] }
  | UnseenTerm
  | { kind: 'withheld'; milli: number; servicePpm: number; meanMicro: number; by?: RuleSaid | undefined }

export interface Availability {
  availableMilli: number
  withheldMilli: number
  confidencePpm: number
  /** The same for the books as they stand, with nothing held back: what staleness alone does. */
  bookConfidencePpm: number
  terms: AvailabilityTerm[]
}

const wholeUnit = 1_000

const floored = (milli: number, unit: Unit): number => (unit === 'each' ? Math.floor(milli / wholeUnit) * wholeUnit : milli)

export const availableToSell = (
  stock: StockFigures,
  store: StoreKnowledge,
  item: ItemKnowledge,
  policy: ConfidencePolicy,
  nowMs: number,
): Availability => {
  const roomMilli = stock.onHandMilli - stock.reservedMilli
  const causes = unseenTerms(store, item, policy, nowMs)
  const unseen = unseenUnits(causes, policy)
  const withheldUnits = quantileUnits(unseen, policy.servicePpm, Math.ceil(roomMilli / wholeUnit))
  const withheldMilli = Math.max(0, Math.min(roomMilli, withheldUnits * wholeUnit))
  const freeMilli = Math.max(0, roomMilli - stock.safetyMilli - withheldMilli)
  const availableMilli = floored(Math.max(0, Math.min(freeMilli, stock.allocationMilli ?? freeMilli)), stock.unit)
  return {
    availableMilli,
    withheldMilli,
    confidencePpm: probabilityPpm(unseen, Math.floor((roomMilli - availableMilli) / wholeUnit)),
    bookConfidencePpm: roomMilli < 0 ? 0 : probabilityPpm(unseen, 0),
    terms: [
      { kind: 'on-hand', unit: stock.unit, milli: stock.onHandMilli, count: stock.count },
      { kind: 'reserved', milli: stock.reservedMilli },
      { kind: 'safety', milli: stock.safetyMilli, by: stock.safetyBy },
      ...causes,
      { kind: 'withheld', milli: withheldMilli, servicePpm: policy.servicePpm, meanMicro: unseen.meanMicro, by: policy.by },
      ...(stock.allocationMilli === undefined ? [] : [{ kind: 'allocation' as const, milli: stock.allocationMilli, of: stock.allocation }]),
      { kind: 'offered', milli: availableMilli },
    ],
  }
}
