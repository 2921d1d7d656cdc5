/**
 * Which price is in force for an item at a store and a moment, of all that was stated: the store's own before its zone's before the chain's;
 * within a level the one that began last, then the greater id. A zone's price holds at a store while the store is in the zone. Pure; the
 * one place that decides it (docs/decisions/0034). What stores get are documents that come to the same: price-plan.ts.
 */
export const priceLevels = ['chain', 'zone', 'store'] as const
export type PriceLevel = (typeof priceLevels)[number]

/** A span of time: from its beginning, up to its end and without it. Null: without end. */
export interface Span {
  fromMs: number
  toMs: number | null
}

/** One stated price, where it holds at one store: `span` is within the price's own time. */
export interface HeldPrice {
  priceId: string
  version: number
  level: PriceLevel
  amountMinor: number
  /** When the price itself begins; at a store that joined the zone later the span begins later. */
  beginsMs: number
  span: Span
}

export const covers = ({ fromMs, toMs }: Span, atMs: number): boolean => fromMs <= atMs && (toMs === null || atMs < toMs)

/** Where both are; null where they never meet. */
export const overlapOf = (a: Span, b: Span): Span | null => {
  const fromMs = Math.max(a.fromMs, b.fromMs)
  const toMs = a.toMs === null ? b.toMs : b.toMs === null ? a.toMs : Math.min(a.toMs, b.toMs)
  return toMs === null || fromMs < toMs ? { fromMs, toMs } : null
}

const isBefore = (a: HeldPrice, b: HeldPrice): boolean => {
  if (a.level !== b.level) return priceLevels.indexOf(a.level) > priceLevels.indexOf(b.level)
  return a.beginsMs === b.beginsMs ? a.priceId > b.priceId : a.beginsMs > b.beginsMs
}

export const statedPriceAt = (held: readonly HeldPrice[], atMs: number): HeldPrice | null => {
  let best: HeldPrice | null = null
  for (const price of held) if (covers(price.span, atMs) && (best === null || isBefore(price, best))) best = price
  return best
}
