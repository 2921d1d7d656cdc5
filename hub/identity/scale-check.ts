/** Whether a line says what its barcode holds [IDN2]: flagged, never changed. Pure. */
import type { LineItem } from '#sync/contract/transaction.ts'
import type { ScaleReading } from './scale-pattern.ts'

type Line = Pick<LineItem, 'quantityMilli' | 'amountMinor' | 'discountMinor'>

/** What differs, in words; undefined when nothing does. A price is compared before discounts, with a minor unit for rounding. */
export const scaleDifference = ({ holds, value }: ScaleReading, line: Line): string | undefined => {
  if (holds === 'weight') {
    const quantity = Math.abs(line.quantityMilli)
    return quantity === value ? undefined : `the barcode holds ${value} thousandths, the till took ${quantity}`
  }
  const amount = Math.abs(line.amountMinor + line.discountMinor)
  return Math.abs(amount - value) <= 1 ? undefined : `the barcode holds a price of ${value}, the till took ${amount} (minor units)`
}
