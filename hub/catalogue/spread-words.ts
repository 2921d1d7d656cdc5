/** What a feed's spread means, in one or two sentences for whoever asks. Pure. */
import type { FeedName } from '#sync/contract/feed.ts'

export interface StoreSpread {
  storeId: string
  /** Where the store said it stands; null when it never reported. */
  checkpoint: number | null
  head: number
  /** Documents it does not have as they are now. */
  missing: number
  /** Of these: in force already (prices alone; elsewhere all of them). */
  due: number
  /** Of these: of items that sell at that store nearly every day. */
  fastMoving: number
  /** When the one that it lacks longest was written; ISO, null when it lacks none. */
  since: string | null
  reportedAt: string | null
}

const nouns: Record<FeedName, [one: string, many: string]> = {
  items: ['change of an item', 'changes of items'],
  prices: ['price change', 'price changes'],
  assortment: ['change of the assortment', 'changes of the assortment'],
  settings: ['change of settings', 'changes of settings'],
  postings: ['word about a booking', 'words about bookings'],
}

const counted = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

export const spreadWords = (feed: FeedName, stores: readonly StoreSpread[]): string => {
  const lacking = stores.filter(({ missing }) => missing > 0)
  if (lacking.length === 0) return stores.length === 0 ? 'There is no store yet.' : 'Every store has everything.'
  const most = Math.max(...lacking.map(({ missing }) => missing))
  const [one, many] = nouns[feed]
  const oldest = lacking.flatMap(({ since }) => since ?? []).toSorted()[0]
  const fast = Math.max(...lacking.map(({ fastMoving }) => fastMoving))
  const due = Math.max(...lacking.map((store) => store.due))
  // Each is the greatest of any store, and no two need be the same store's.
  const isOne = lacking.length === 1
  const upTo = isOne ? '' : 'up to '
  const since = oldest === undefined ? '' : `, since ${oldest.slice(0, 16).replace('T', ' ')} UTC`
  const parts = [`${isOne ? '' : 'Up to '}${counted(most, one, many)} not yet at ${counted(lacking.length, 'store', 'stores')}${since}`]
  if (feed === 'prices') parts.push(due === 0 ? 'none of them in force yet' : `${upTo}${counted(due, 'is', 'are')} in force already`)
  if (fast > 0) parts.push(`${upTo}${counted(fast, 'concerns a fast-moving item', 'concern fast-moving items')}`)
  return `${parts.join('; ')}.`
}
