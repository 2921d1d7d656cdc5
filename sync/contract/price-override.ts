/**
 * A store's own price for an item: a record of its own kind. It says what the store knew when it was made (`basedOn`), so that the hub
 * can tell a central change that the store had seen from one that it had not.
 */
import { z } from 'zod'
import { priceSchema } from './catalogue.ts'
import {
  amountMinorSchema,
  checkpointSchema,
  currencySchema,
  hubEpochSchema,
  instantSchema,
  itemIdSchema,
  storeIdSchema,
} from './vocabulary.ts'

/** The writer's own, unique in the store. Without "|", so that no key made of it is another one's. */
export const overrideIdSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7b\x7d\x7e]+$/, 'printable characters without spaces and "|"')

export const priceOverrideSchema = z.strictObject({
  overrideId: overrideIdSchema,
  storeId: storeIdSchema,
  itemId: itemIdSchema,
  amountMinor: amountMinorSchema.min(1),
  currency: currencySchema,
  effectiveFrom: instantSchema,
  /** Without it the price holds until the next one that the store knows of, or learns of afterwards. */
  effectiveTo: instantSchema.optional(),
  operatorId: z.string().max(64).optional(),
  reason: z.string().min(1).max(200),
  /** How far the store had the feed, in which epoch of the hub's data, and the price that it takes the place of. */
  basedOn: z.strictObject({
    feed: z.literal('prices'),
    checkpoint: checkpointSchema,
    epoch: hubEpochSchema.optional(),
    priceId: priceSchema.shape.priceId,
    amountMinor: amountMinorSchema,
  }),
})
export type PriceOverride = z.infer<typeof priceOverrideSchema>

export const priceOverrideKeyOf = ({ storeId, overrideId }: { storeId: string; overrideId: string }): string =>
  `${storeId}|override|${overrideId}`

/** No transaction's key and no document's has this before its last part. */
export const isPriceOverrideKey = (naturalKey: string): boolean => /\|override\|[^|]+$/.test(naturalKey)
