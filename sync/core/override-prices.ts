/**
 * A store's own price among the centre's: which central changes the store could not have seen, and the prices that make its own one hold
 * against them. The store uses it until the hub has decided, the hub when it lets the store's price stand: both come to the same prices.
 *
 *   same epoch    what the hub wrote into the feed behind `basedOn.checkpoint` was not seen
 *   another one   checkpoints of two epochs cannot be compared: what begins after the price that was overridden was not seen
 *
 * Only a change to another amount, at a time that the store's price is for, is one against it.
 */
import type { Price } from '../contract/catalogue.ts'
import type { PriceOverride } from '../contract/price-override.ts'
import type { Instant } from '../contract/vocabulary.ts'
import { toMs } from './instant.ts'
import { priceInForce } from './price-in-force.ts'

/** A price of the centre's, and where it stands in the feed. */
export interface CentralPrice {
  price: Price
  checkpoint: number
}

/** Behind all other ids: of two prices that begin at one moment the store's is the one in force. */
const storePricePrefix = '~store:'

export const isStorePrice = (priceId: string): boolean => priceId.startsWith(storePricePrefix)

export const overridePriceId = ({ storeId, overrideId }: Pick<PriceOverride, 'storeId' | 'overrideId'>): string =>
  `${storePricePrefix}${storeId}:${overrideId}`

/** One of the prices that make it hold. */
export const isPriceOf = (override: Pick<PriceOverride, 'storeId' | 'overrideId'>, priceId: string): boolean =>
  priceId === overridePriceId(override) || priceId.startsWith(`${overridePriceId(override)}|`)

type Period = Pick<Price, 'effectiveFrom' | 'effectiveTo'>

const overlap = (a: Period, b: Period): boolean =>
  (a.effectiveTo === undefined || b.effectiveFrom < a.effectiveTo) && (b.effectiveTo === undefined || a.effectiveFrom < b.effectiveTo)

const isUnseen = ({ basedOn, effectiveFrom }: PriceOverride, all: readonly CentralPrice[], epoch: string | null) => {
  if ((basedOn.epoch ?? null) === epoch) return ({ checkpoint }: CentralPrice) => checkpoint > basedOn.checkpoint
  const overridden = all.find(({ price }) => price.priceId === basedOn.priceId)?.price
  if (overridden) return ({ price }: CentralPrice) => price.effectiveFrom > overridden.effectiveFrom
  const prices = all.map(({ price }) => price)
  const since = priceInForce(prices, effectiveFrom)?.effectiveFrom
  return ({ price }: CentralPrice) => since === undefined || price.effectiveFrom >= since
}

/** The centre's changes against it. `all` are the centre's prices of the item at the store, `epoch` that of their checkpoints. */
export const changesAgainst = (override: PriceOverride, all: readonly CentralPrice[], epoch: string | null): CentralPrice[] => {
  const unseen = isUnseen(override, all, epoch)
  return all.filter((central) => unseen(central) && overlap(central.price, override) && !agrees(central.price, override))
}

const agrees = (price: Price, { amountMinor, currency }: PriceOverride): boolean =>
  price.amountMinor === amountMinor && price.currency === currency

/** The first one begins when the override does, each further one where one of the `against` would otherwise take over. */
export const overridePrices = (override: PriceOverride, against: readonly CentralPrice[]): [Price, ...Price[]] => {
  const { storeId, itemId, amountMinor, currency, effectiveFrom, effectiveTo } = override
  const priceId = overridePriceId(override)
  const from = (begins: Instant, id: string): Price => ({
    ...{ priceId: id, itemId, storeId, amountMinor, currency, effectiveFrom: begins },
    ...(effectiveTo === undefined ? {} : { effectiveTo }),
  })
  const later = against.map(({ price }) => price.effectiveFrom).filter((begins) => begins > effectiveFrom)
  const within = later.filter((begins) => effectiveTo === undefined || begins < effectiveTo)
  const starts = [...new Set(within)].toSorted()
  return [from(effectiveFrom, priceId), ...starts.map((begins) => from(begins, `${priceId}|${toMs(begins)}`))]
}

/** The same price as one that is never in force: so it stands in the feed of a store whose own price did not hold. */
export const refusedPrice = (override: PriceOverride): Price => {
  const [first] = overridePrices(override, [])
  return { ...first, effectiveTo: first.effectiveFrom }
}
