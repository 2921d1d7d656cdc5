/**
 * One rule of the merchant's own about what channels may be offered: how much stays in the shop, how much a channel may have, how sure it
 * must be. A rule holds for what it names (item or category, store, channel, dates) and where it names nothing, for all. Pure.
 *
 *   safety-stock    units or percent of what is on hand: never offered
 *   allocation      units or percent of what is on hand beyond the safety stock: a channel's reservations and its offer together; closed: nothing
 *   service-level   percent: the probability with which what is offered must be there
 */
import { businessDaySchema, itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'

export const ruleKinds = ['safety-stock', 'allocation', 'service-level'] as const
export type RuleKind = (typeof ruleKinds)[number]

const measuresOf: Record<RuleKind, readonly string[]> = {
  'safety-stock': ['units', 'percent'],
  allocation: ['units', 'percent', 'closed'],
  'service-level': ['percent'],
}

/** The shop itself, as a channel: it sells what is there, and no rule holds for it. */
export const ownChannel = 'store'

const text = (max: number) => z.string().trim().min(1, 'is empty').max(max, `is longer than ${max} characters`)

export const ruleIdSchema = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'is no name of a rule: letters, digits and _ . : - up to 64')
export const categorySchema = text(64)
export const channelSchema = z.string().regex(/^[a-z0-9-]{1,32}$/)
const percent = 1_000_000

export interface Rule {
  ruleId: string
  kind: RuleKind
  itemId?: string | undefined
  category?: string | undefined
  storeId?: string | undefined
  channel?: string | undefined
  /** Days of the store's own calendar, both included. */
  from?: string | undefined
  until?: string | undefined
  measure: 'units' | 'percent' | 'closed'
  /** Thousandths of the item's unit, or parts per million; 0 where closed. */
  amount: number
  owner: string
  reason: string
}

export const ruleFields = {
  ruleId: ruleIdSchema,
  kind: z.enum(ruleKinds),
  itemId: itemIdSchema.optional(),
  category: categorySchema.optional(),
  storeId: storeIdSchema.optional(),
  channel: channelSchema.optional(),
  from: businessDaySchema.optional(),
  until: businessDaySchema.optional(),
  measure: z.enum(['units', 'percent', 'closed']),
  amount: z.int().min(0).meta({ description: 'Thousandths of the item’s unit, or parts per million; 0 where closed' }),
  owner: text(64),
  reason: text(200),
}

export const ruleSchema = z
  .strictObject(ruleFields)
  .refine((rule) => rule.itemId === undefined || rule.category === undefined, 'a rule names an item or a category, not both')
  .refine((rule) => measuresOf[rule.kind].includes(rule.measure), 'this kind of rule is not measured so')
  .refine((rule) => rule.measure !== 'closed' || rule.amount === 0, 'a closed channel has no amount')
  .refine((rule) => rule.measure !== 'percent' || rule.amount <= percent, 'more than 100 percent')
  .refine((rule) => rule.measure !== 'units' || rule.amount <= 1_000_000_000, 'more than a million units')
  .refine(
    (rule) => rule.kind !== 'service-level' || (rule.amount >= percent / 2 && rule.amount < percent),
    'a service level is from 50 percent to less than 100',
  )
  .refine((rule) => rule.from === undefined || rule.until === undefined || rule.from <= rule.until, 'it ends before it begins')
  .refine((rule) => rule.channel !== ownChannel, `the channel “${ownChannel}” is the shop itself: no rule holds for it`)
