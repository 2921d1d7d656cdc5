/**
 * Which price of one item is in force at a time, and which is next. Among those begun and not ended, the latest
 * `effectiveFrom` wins, then the greater `priceId`: a promotion that ends gives way to the regular price before it.
 * Instants compare as text: all are UTC with milliseconds.
 */
import type { Price } from '../contract/catalogue.ts'
import type { Instant } from '../contract/vocabulary.ts'

const covers = (price: Price, at: Instant): boolean =>
  price.effectiveFrom <= at && (price.effectiveTo === undefined || at < price.effectiveTo)

const supersedes = (a: Price, b: Price): boolean =>
  a.effectiveFrom === b.effectiveFrom ? a.priceId > b.priceId : a.effectiveFrom > b.effectiveFrom

export const priceInForce = (prices: Iterable<Price>, at: Instant): Price | null => {
  let best: Price | null = null
  for (const price of prices) if (covers(price, at) && (best === null || supersedes(price, best))) best = price
  return best
}

const boundariesAfter = (prices: Iterable<Price>, at: Instant): Instant[] => {
  const boundaries = new Set<Instant>()
  for (const { effectiveFrom, effectiveTo } of prices) {
    if (effectiveFrom > at) boundaries.add(effectiveFrom)
    if (effectiveTo !== undefined && effectiveTo > at) boundaries.add(effectiveTo)
  }
  return [...boundaries].toSorted()
}

/** The next moment at which another price, or none, is in force. */
export const nextPriceChange = (prices: readonly Price[], at: Instant): { at: Instant; price: Price | null } | null => {
  const now = priceInForce(prices, at)
  for (const boundary of boundariesAfter(prices, at)) {
    const then = priceInForce(prices, boundary)
    if (then?.priceId !== now?.priceId) return { at: boundary, price: then }
  }
  return null
}

/**
 * True when from `since` on this price will never be in force, whatever the moment: it has ended, or another one that holds as long is
 * before it at every moment that is left to it. `hub/catalogue/superseded.ts` asks the same in SQL.
 */
export const isSuperseded = (price: Price, others: Iterable<Price>, since: Instant): boolean => {
  if (price.effectiveTo !== undefined && price.effectiveTo <= since) return true
  const begins = price.effectiveFrom > since ? price.effectiveFrom : since
  for (const other of others) if (supersedes(other, price) && other.effectiveFrom <= begins && holdsAsLong(other, price)) return true
  return false
}

const holdsAsLong = (other: Price, price: Price): boolean =>
  other.effectiveTo === undefined || (price.effectiveTo !== undefined && other.effectiveTo >= price.effectiveTo)
