/** What a store asks for, with what it knows, as an override; or why it cannot be one. Pure. */
import type { Identity } from '#sync/contract/config.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { PriceBasis } from '#sync/contract/ipc.ts'
import { type PriceOverride, priceOverrideSchema } from '#sync/contract/price-override.ts'
import { isStorePrice } from '#sync/core/override-prices.ts'
import type { PriceOverrideRequest } from './intake/http-contract.ts'

type Based = { override: PriceOverride } | { refused: { code: ErrorCode; message: string } }

/** A price so many times higher or lower is a decimal point in the wrong place. */
const jumpFactor = 100

const refused = (code: ErrorCode, message: string): Based => ({ refused: { code, message } })

export const basedOverride = (request: PriceOverrideRequest, basis: PriceBasis | null, identity: Identity): Based => {
  const { itemId, amountMinor, currency, effectiveTo } = request
  if (request.storeId !== undefined && request.storeId !== identity.storeId)
    return refused('WRONG_STORE', `this agent is store ${identity.storeId}, not ${request.storeId}`)
  if (!basis) return refused('NOT_READY', 'the local database is starting, or the prices are not whole yet; try again')
  const { price, now, checkpoint, epoch } = basis
  if (!price) return refused('NOT_FOUND', `this store does not sell ${itemId}: there is no price to take the place of`)
  if (currency !== price.currency) return refused('WRONG_CURRENCY', `${itemId} is sold in ${price.currency}`)
  if (amountMinor >= price.amountMinor * jumpFactor || amountMinor * jumpFactor <= price.amountMinor)
    return refused('INVALID', `amountMinor: ${amountMinor} against ${price.amountMinor} now, a hundred times or more; is the point right?`)
  const effectiveFrom = request.effectiveFrom ?? now
  if (effectiveFrom < price.effectiveFrom || (isStorePrice(price.priceId) && effectiveFrom === price.effectiveFrom))
    return refused('INVALID', `effectiveFrom: the price in force then began at ${price.effectiveFrom}; begin after that`)
  if (effectiveTo !== undefined && effectiveTo <= effectiveFrom) return refused('INVALID', 'effectiveTo must be after effectiveFrom')
  const override = priceOverrideSchema.parse({
    ...{ ...request, storeId: identity.storeId, effectiveFrom },
    basedOn: {
      ...{ feed: 'prices', checkpoint, ...(epoch === undefined ? {} : { epoch }) },
      ...{ priceId: price.priceId, amountMinor: price.amountMinor },
    },
  })
  return { override }
}

const askedFields = ['overrideId', 'itemId', 'amountMinor', 'currency', 'effectiveTo', 'operatorId', 'reason'] as const

/** Asked for again: what was filled in the first time is not held against it. */
export const sameOverride = (request: PriceOverrideRequest, kept: PriceOverride): boolean =>
  askedFields.every((field) => request[field] === kept[field]) &&
  (request.effectiveFrom === undefined || request.effectiveFrom === kept.effectiveFrom)
