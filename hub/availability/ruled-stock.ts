/**
 * An item's stock at a store under the rules that hold for it and a channel [AVL11]. A share is of what is on hand beyond the safety stock;
 * what the channel has reserved already is part of what it may have. Pure.
 */
import type { Unit } from '#sync/contract/transaction.ts'
import type { StockFigures } from '../stock/available.ts'
import type { Rule } from './rules/rule.ts'
import { type RuleBook, ruleFor, type RuleQuestion } from './rules/rule-order.ts'

export interface HeldStock {
  unit: Unit
  onHandMilli: number
  /** By all, and of these by the channel that asks. */
  reservedMilli: number
  reservedByChannelMilli: number
}

export interface HoldingRules {
  safety?: Rule | undefined
  allocation?: Rule | undefined
  service?: Rule | undefined
}

export const holdingRules = (book: RuleBook, question: RuleQuestion): HoldingRules =>
  book.size === 0
    ? {}
    : {
        safety: ruleFor(book, 'safety-stock', question),
        allocation: ruleFor(book, 'allocation', question),
        service: ruleFor(book, 'service-level', question),
      }

const shareOf = (milli: number, ppm: number): number => Number((BigInt(milli) * BigInt(ppm)) / 1_000_000n)
const amountOf = ({ measure, amount }: Rule, ofMilli: number): number =>
  measure === 'percent' ? shareOf(Math.max(0, ofMilli), amount) : amount
/** What is kept is kept whole: half of a bottle in the shop is a bottle. */
const wholeUp = (milli: number, unit: Unit): number => (unit === 'each' ? Math.ceil(milli / 1_000) * 1_000 : milli)

export const ruledStock = (
  { unit, onHandMilli, reservedMilli, reservedByChannelMilli }: HeldStock,
  { safety, allocation }: HoldingRules,
): StockFigures => {
  const safetyMilli = safety === undefined ? 0 : wholeUp(amountOf(safety, onHandMilli), unit)
  const stock = { unit, onHandMilli, reservedMilli, safetyMilli, ...(safety === undefined ? {} : { safetyBy: safety }) }
  if (allocation === undefined) return stock
  const limitMilli = amountOf(allocation, onHandMilli - safetyMilli)
  const limit = { limitMilli, heldMilli: reservedByChannelMilli, isClosed: allocation.measure === 'closed', by: allocation }
  return { ...stock, allocationMilli: Math.max(0, limitMilli - reservedByChannelMilli), allocation: limit }
}

/** What a channel may promise: by the rules alone, or with so much held back for doubt as well. */
export const promisableMilli = (
  { onHandMilli, reservedMilli, safetyMilli, allocationMilli }: StockFigures,
  withheldMilli: number,
): number => Math.max(0, Math.min(onHandMilli - reservedMilli - safetyMilli - withheldMilli, allocationMilli ?? Infinity))
