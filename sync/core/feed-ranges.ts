/**
 * A feed as a comparison sees it: its entries' checkpoints and hashes, ascending. Ranges are of checkpoints, `after` not included; the
 * ranges of a split lie side by side and make up the whole.
 */
import type { UpResponse } from '../contract/up.ts'
import { type DigestBits, digestOf, mixBits, noBits } from './digest.ts'

export interface FeedRange {
  after: number
  through: number
}
export interface ListedEntry {
  id: string
  checkpoint: number
  bits: DigestBits
}
/** Ascending by checkpoint. */
export type FeedListing = readonly ListedEntry[]
export type RangeDigest = Extract<UpResponse<'compareFeed'>, { outcome: 'compared' }>['ranges'][number]

export const listingOf = (entries: Iterable<ListedEntry>): FeedListing => [...entries].sort((a, b) => a.checkpoint - b.checkpoint)

/** Index of the first entry behind this checkpoint. */
const firstAfter = (listing: FeedListing, checkpoint: number): number => {
  let low = 0
  let high = listing.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((listing[middle]?.checkpoint ?? Infinity) <= checkpoint) low = middle + 1
    else high = middle
  }
  return low
}

export const entriesIn = (listing: FeedListing, { after, through }: FeedRange): FeedListing =>
  listing.slice(firstAfter(listing, after), firstAfter(listing, through))

export const rangeDigest = (listing: FeedListing, range: FeedRange): RangeDigest => {
  const inside = entriesIn(listing, range)
  return { count: inside.length, digest: digestOf(inside.reduce((bits, entry) => mixBits(bits, entry.bits), noBits)) }
}

/** At most `parts`, each at least one checkpoint wide. */
export const splitRange = ({ after, through }: FeedRange, parts: number): FeedRange[] => {
  const width = through - after
  const count = Math.min(parts, width)
  const edge = (i: number): number => after + Math.floor((width * i) / count)
  return Array.from({ length: count }, (_, i) => ({ after: edge(i), through: edge(i + 1) }))
}

/** Neighbours become one; ascending in, ascending out. */
export const joinRanges = (ranges: readonly FeedRange[]): FeedRange[] => {
  const joined: FeedRange[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last?.through === range.after) last.through = range.through
    else joined.push({ ...range })
  }
  return joined
}
