/** Receipts for posting tests, as a till makes them: shelf prices with 25 % tax, amounts rounded per line. */
import { naturalKeyOf, type Transaction, transactionSchema } from '#sync/contract/transaction.ts'
import type { Posting } from '#hub/posting/connector.ts'

export interface ReceiptLine {
  itemId?: string
  barcode?: string
  quantityMilli: number
  unitPriceMinor: number
  discountMinor?: number
  voided?: boolean
}

export interface ReceiptOptions {
  number: number
  day?: string
  storeId?: string
  currency?: string
  kind?: Transaction['kind']
  /** Cash rounding: what the total has beyond the lines. */
  roundingMinor?: number
  taxIncluded?: boolean
}

/** Half away from zero, as tills round. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

export const today = (): string => new Date().toISOString().slice(0, 10)

export const receipt = (lines: readonly ReceiptLine[], options: ReceiptOptions): Transaction => {
  const { number, day = today(), storeId = 'S042', currency = 'EUR', kind = 'sale', roundingMinor = 0, taxIncluded = true } = options
  const lineItems = lines.map((line, index) => ({
    lineNumber: index + 1,
    kind: line.quantityMilli < 0 ? 'return' : 'sale',
    ...(line.itemId === undefined ? {} : { itemId: line.itemId }),
    ...(line.barcode === undefined ? {} : { barcode: line.barcode }),
    description: line.itemId ?? line.barcode ?? 'no item',
    quantityMilli: line.quantityMilli,
    unit: line.itemId?.startsWith('PLU') ? 'kilogram' : 'each',
    unitPriceMinor: line.unitPriceMinor,
    discountMinor: line.discountMinor ?? 0,
    amountMinor: round((line.quantityMilli * line.unitPriceMinor) / 1_000) - (line.discountMinor ?? 0),
    voided: line.voided ?? false,
  }))
  const sumMinor = lineItems.filter((line) => !line.voided).reduce((sum, line) => sum + line.amountMinor, 0)
  const taxMinor = round(taxIncluded ? sumMinor / 5 : sumMinor / 4)
  const grandMinor = (taxIncluded ? sumMinor : sumMinor + taxMinor) + roundingMinor
  return transactionSchema.parse({
    storeId,
    workstationId: 'T1',
    businessDay: day,
    sequenceNumber: number,
    kind,
    endedAt: `${day}T12:00:00`,
    currency,
    lineItems,
    tenders: [{ lineNumber: 1, kind: 'card', amountMinor: grandMinor, voided: false }],
    taxes: [{ code: 'T25', rateMicro: 250_000, taxableMinor: sumMinor - (taxIncluded ? taxMinor : 0), taxMinor, inclusive: taxIncluded }],
    totals: { netMinor: grandMinor - taxMinor, taxMinor, grandMinor },
  })
}

export const posting = (transaction: Transaction): Posting => ({ key: naturalKeyOf(transaction), transaction })
