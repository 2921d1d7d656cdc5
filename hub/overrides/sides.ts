/** Both sides of what was decided, as they are kept: shapes, and the words for them. Pure. */
import { z } from 'zod'
import { priceSchema } from '#sync/contract/catalogue.ts'
import { priceOverrideSchema } from '#sync/contract/price-override.ts'
import { amountText } from '../posting/decimal.ts'
import { unitsText } from '../stock/movement-words.ts'

/** Without who rang it up: the log has that. */
export const priceStoreSideSchema = z.object(priceOverrideSchema.omit({ operatorId: true }).shape)
export const priceCentreSideSchema = z.array(z.strictObject({ price: priceSchema, checkpoint: z.int() }))
export type PriceCentreSide = z.infer<typeof priceCentreSideSchema>
export type PriceStoreSide = z.infer<typeof priceStoreSideSchema>

export const stockStoreSideSchema = z.strictObject({
  naturalKey: z.string(),
  documentId: z.string(),
  countedMilli: z.int(),
  businessDay: z.string(),
  deviceId: z.string(),
  incarnation: z.string(),
  seq: z.int(),
})
export const stockCentreSideSchema = z.strictObject({
  naturalKey: z.string(),
  key: z.string(),
  quantityMilli: z.int(),
  businessDay: z.string(),
  reason: z.string(),
  /** Up to here the store's records had arrived when it was booked. */
  arrivedSeq: z.int(),
})
export type StockStoreSide = z.infer<typeof stockStoreSideSchema>
export type StockCentreSide = z.infer<typeof stockCentreSideSchema>

const moment = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`

const period = ({ effectiveFrom, effectiveTo }: { effectiveFrom: string; effectiveTo?: string | undefined }): string =>
  `from ${moment(effectiveFrom)}${effectiveTo === undefined ? '' : ` to ${moment(effectiveTo)}`}`

const mostNamed = 3

/** "1.39 EUR from …, and 2 more" */
const pricesText = (centre: PriceCentreSide): string => {
  const named = centre.slice(0, mostNamed).map(({ price }) => `${amountText(price.amountMinor, price.currency)} ${period(price)}`)
  const more = centre.length - named.length
  return `${named.join(', then ')}${more > 0 ? `, and ${more} more` : ''}`
}

export const wordPriceStore = (side: PriceStoreSide): string =>
  `Store ${side.storeId} set ${side.itemId} to ${amountText(side.amountMinor, side.currency)} ${period(side)} in place of ${amountText(side.basedOn.amountMinor, side.currency)}: ${side.reason}`

export const wordPriceCentre = (centre: PriceCentreSide): string =>
  centre.length === 0
    ? 'Head office had changed nothing that the store had not seen.'
    : `Head office, without the store having seen it: ${pricesText(centre)}.`

export const wordStockStore = (storeId: string, itemId: string, side: StockStoreSide): string =>
  `Store ${storeId} counted ${unitsText(side.countedMilli)} of ${itemId} on ${side.businessDay} (count ${side.documentId})`

export const wordStockCentre = (side: StockCentreSide): string =>
  `while that was on its way, ${unitsText(side.quantityMilli)} were booked for ${side.businessDay} (${side.key}): ${side.reason}`
