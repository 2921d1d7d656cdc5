/**
 * Whether a store lists an item at a moment. Pure. The chain comes first: what the ERP does not sell, or has no sound price, nobody lists. A
 * store that has entries of its own for the item goes by them, else by those of its clusters, else the chain's word is enough. Entries say
 * when: outside their dates the item is not listed.
 */
import { covers, type Span } from './stated-price.ts'

export const listingLevels = ['cluster', 'store'] as const
export type ListingLevel = (typeof listingLevels)[number]

export interface HeldListing {
  level: ListingLevel
  span: Span
}

export const listedAt = (isSoldByChain: boolean, entries: readonly HeldListing[], atMs: number): boolean => {
  if (!isSoldByChain) return false
  const own = entries.filter(({ level }) => level === 'store')
  const deciding = own.length > 0 ? own : entries
  return deciding.length === 0 || deciding.some(({ span }) => covers(span, atMs))
}

/** The next moment at which an entry begins or ends; null when none does. */
export const nextDate = ({ fromMs, toMs }: Span, afterMs: number): number | null => {
  if (fromMs > afterMs) return fromMs
  return toMs !== null && toMs > afterMs ? toMs : null
}
