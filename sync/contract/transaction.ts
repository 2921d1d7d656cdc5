/**
 * The canonical transaction: what every till dialect is translated into, and what travels to the hub.
 *
 * Signs: a sold line has positive quantity and amount, a returned line negative. A voided line keeps the
 * amounts it was rung with and counts for nothing. Tenders are positive when money enters the drawer; change
 * is a negative cash tender. `totals.grandMinor` is what the customer owes, tax included.
 */
import { z } from 'zod'
import {
  amountMinorSchema,
  barcodeSchema,
  businessDaySchema,
  currencySchema,
  itemIdSchema,
  quantityMilliSchema,
  storeIdSchema,
  tillTimeSchema,
  workstationIdSchema,
} from './vocabulary.ts'

export const transactionKinds = [
  'sale',
  'return',
  'exchange',
  'post-void',
  'suspended',
  'cancelled',
  'training',
  'no-sale',
  'paid-in',
  'paid-out',
  'loan',
  'pick-up',
  'settlement',
  'sign-on',
  'sign-off',
  'day-open',
  'day-close',
  'other',
] as const

export const unitSchema = z.enum(['each', 'kilogram', 'litre', 'metre'])
export type Unit = z.infer<typeof unitSchema>

/** One tax on a line or a receipt; `rateMicro` is millionths (25 % = 250000). */
export const taxSchema = z.strictObject({
  code: z.string().min(1).max(32),
  rateMicro: z.int().min(0).max(10_000_000).optional(),
  taxableMinor: amountMinorSchema,
  taxMinor: amountMinorSchema,
  /** True when the line amounts already contain this tax. */
  inclusive: z.boolean(),
})
export type Tax = z.infer<typeof taxSchema>

export const lineItemSchema = z.strictObject({
  lineNumber: z.int().min(1),
  kind: z.enum(['sale', 'return']),
  itemId: itemIdSchema.optional(),
  barcode: barcodeSchema.optional(),
  description: z.string().max(200),
  quantityMilli: quantityMilliSchema,
  unit: unitSchema,
  /** Regular price of one unit, before discounts. */
  unitPriceMinor: amountMinorSchema,
  /** What was taken off this line; positive lowers the amount. */
  discountMinor: amountMinorSchema,
  /** Extended amount after discounts: what this line adds to the receipt. */
  amountMinor: amountMinorSchema,
  voided: z.boolean(),
})
export type LineItem = z.infer<typeof lineItemSchema>

export const tenderSchema = z.strictObject({
  lineNumber: z.int().min(1),
  kind: z.enum(['cash', 'card', 'voucher', 'cheque', 'account', 'loyalty', 'other']),
  amountMinor: amountMinorSchema,
  voided: z.boolean(),
})
export type Tender = z.infer<typeof tenderSchema>

export const transactionSchema = z.strictObject({
  storeId: storeIdSchema,
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  /** POSLog's own range: an unsigned 32-bit integer. */
  sequenceNumber: z.int().min(0).max(4_294_967_295),
  kind: z.enum(transactionKinds),
  /** End of the transaction as the till printed it. */
  endedAt: tillTimeSchema,
  operatorId: z.string().max(64).optional(),
  currency: currencySchema,
  lineItems: z.array(lineItemSchema).max(5_000),
  tenders: z.array(tenderSchema).max(200),
  taxes: z.array(taxSchema).max(200),
  totals: z.strictObject({
    netMinor: amountMinorSchema,
    taxMinor: amountMinorSchema,
    grandMinor: amountMinorSchema,
  }),
  /** Vendor extensions, raw, as the dialect delivered them. */
  extensions: z.record(z.string().max(200), z.string()).optional(),
})
export type Transaction = z.infer<typeof transactionSchema>

/** A transaction's identity: store, workstation, business day and sequence number. */
export type NaturalKey = string

/** Separator "|" cannot make two keys alike: day and number are fixed in shape and stand last. */
export const naturalKeyOf = (t: Pick<Transaction, 'storeId' | 'workstationId' | 'businessDay' | 'sequenceNumber'>): NaturalKey =>
  `${t.storeId}|${t.workstationId}|${t.businessDay}|${t.sequenceNumber}`

/**
 * The canonical text: JSON in schema order, so that equal content has equal bytes.
 * The argument must come from `transactionSchema.parse`, which puts keys in that order.
 */
export const canonicalText = (parsed: Transaction): string => JSON.stringify(parsed)
