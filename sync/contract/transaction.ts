/**
 * The canonical transaction: what every till dialect is translated into, and what travels to the hub.
 *
 * Signs: a sold line has positive quantity and amount, a returned line negative. A voided line keeps the
 * amounts it was rung with and counts for nothing. Tenders are positive when money enters the drawer; change
 * is a negative cash tender. `totals.grandMinor` is what the customer owes: lines, less receipt discounts, plus taxes that the lines do
 * not contain, plus cash rounding.
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
  'customer-order',
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

/** POSLog's own range: an unsigned 32-bit integer. */
export const sequenceNumberSchema = z.int().min(0).max(4_294_967_295)

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

/**
 * What another transaction is to this one. Tills name it as fully as they know it: often by number alone, and an order by its own number.
 *
 * return-of   the sale that these goods came from      voids    the transaction that this post-void takes back
 * resumes     the suspended one that goes on here      order    the customer order that is placed, paid or collected
 */
export const referenceSchema = z.strictObject({
  relation: z.enum(['return-of', 'voids', 'resumes', 'order']),
  storeId: storeIdSchema.optional(),
  workstationId: workstationIdSchema.optional(),
  businessDay: businessDaySchema.optional(),
  sequenceNumber: sequenceNumberSchema.optional(),
  lineNumber: z.int().min(1).optional(),
  /** A number that is no transaction's: an order's, or a receipt's barcode. */
  documentId: z.string().min(1).max(100).optional(),
})
export type Reference = z.infer<typeof referenceSchema>

/** Something taken off the receipt as a whole, and off no line: positive lowers what the customer owes. */
export const receiptDiscountSchema = z.strictObject({
  code: z.string().max(64),
  description: z.string().max(200),
  amountMinor: amountMinorSchema,
})
export type ReceiptDiscount = z.infer<typeof receiptDiscountSchema>

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
  /** Returned goods: the sale they came from, where the till knows it. */
  original: referenceSchema.optional(),
})
export type LineItem = z.infer<typeof lineItemSchema>

export const tenderKinds = ['cash', 'card', 'voucher', 'cheque', 'account', 'loyalty', 'other'] as const
export const tenderSchema = z.strictObject({
  lineNumber: z.int().min(1),
  kind: z.enum(tenderKinds),
  amountMinor: amountMinorSchema,
  voided: z.boolean(),
  /** What was really handed over, where it was another currency; `amountMinor` is its worth in the receipt's. */
  foreign: z.strictObject({ currency: currencySchema, amountMinor: amountMinorSchema }).optional(),
})
export type Tender = z.infer<typeof tenderSchema>

/**
 * What a till says of its own business day, as far as it says it: only what is stated is compared. Counts are of transactions that were
 * settled (sale, return, exchange, post-void); tenders are sums into the drawer, change taken off.
 */
export const tillTotalsSchema = z.strictObject({
  transactionCount: z.int().min(0).optional(),
  grandMinor: z.int().optional(),
  tenders: z
    .array(z.strictObject({ kind: z.enum(tenderKinds), amountMinor: z.int(), count: z.int().min(0).optional() }))
    .max(50)
    .optional(),
  taxes: z
    .array(z.strictObject({ code: z.string().min(1).max(32), taxMinor: z.int() }))
    .max(100)
    .optional(),
})
export type TillTotals = z.infer<typeof tillTotalsSchema>

export const transactionSchema = z.strictObject({
  storeId: storeIdSchema,
  workstationId: workstationIdSchema,
  businessDay: businessDaySchema,
  sequenceNumber: sequenceNumberSchema,
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
    /** Cash rounding: what it added to what the customer owes; contained in `grandMinor`, not in net and tax. */
    roundingMinor: amountMinorSchema.optional(),
  }),
  /** Taken off the receipt as a whole. */
  discounts: z.array(receiptDiscountSchema).max(200).optional(),
  references: z.array(referenceSchema).max(200).optional(),
  /** Why money moved or the drawer was opened, in the till's words. */
  reason: z.string().min(1).max(200).optional(),
  /** A settlement or day close: the till's own totals (its Z report). */
  tillTotals: tillTotalsSchema.optional(),
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
