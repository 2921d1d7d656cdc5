/** A PLU entry as tills read it: JSON with price text and minor units side by side, and CSV rows, one a barcode. */
import { decimalFromInteger } from '#sync/capture/decimal.ts'
import { minorDigits } from '#sync/capture/currency.ts'
import type { Price } from '#sync/contract/catalogue.ts'
import type { PluEntry } from '#sync/contract/ipc.ts'

const priceText = ({ amountMinor, currency }: Price): string => decimalFromInteger(amountMinor, minorDigits(currency))

export const pluJson = ({ item, price, next }: PluEntry): Record<string, unknown> => ({
  itemId: item.itemId,
  name: item.name,
  barcodes: item.barcodes,
  unit: item.unit,
  taxCode: item.taxCode,
  taxRateMicro: item.taxRateMicro,
  price: priceText(price),
  priceMinor: price.amountMinor,
  currency: price.currency,
  effectiveFrom: price.effectiveFrom,
  ...(price.effectiveTo === undefined ? {} : { effectiveTo: price.effectiveTo }),
  ...(next ? { next: { price: priceText(next), priceMinor: next.amountMinor, effectiveFrom: next.effectiveFrom } } : {}),
})

/** What differs between two states of an item, in the words of the file. */
export const pluChanges = (before: PluEntry, after: PluEntry): string[] => {
  const from = pluJson(before)
  const to = pluJson(after)
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]))
}

const columns = [
  'change',
  'item_id',
  'barcode',
  'name',
  'unit',
  'price',
  'currency',
  'effective_from',
  'effective_to',
  'next_price',
  'next_effective_from',
  'tax_code',
]

export const pluCsv = (entries: readonly PluEntry[], removed: readonly string[]): string => {
  const changed = entries.flatMap((entry) =>
    (entry.item.barcodes.length === 0 ? [''] : entry.item.barcodes).map((barcode) => csvRow(entry, barcode)),
  )
  const gone = removed.map((itemId) => ['removed', itemId, ...Array.from({ length: columns.length - 2 }, () => '')])
  return [columns, ...changed, ...gone].map((row) => `${row.map(quote).join(',')}\r\n`).join('')
}

const csvRow = ({ item, price, next }: PluEntry, barcode: string): string[] => [
  'set',
  item.itemId,
  barcode,
  item.name,
  item.unit,
  priceText(price),
  price.currency,
  price.effectiveFrom,
  price.effectiveTo ?? '',
  next ? priceText(next) : '',
  next?.effectiveFrom ?? '',
  item.taxCode,
]

/** RFC 4180 */
const quote = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
