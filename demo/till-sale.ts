/** A made-up customer at a till: a basket from the shelf, rung up the way a real till would. Pure, from a seeded source of chance. */
import { type Transaction, transactionSchema } from '#sync/contract/transaction.ts'

export interface ShelfItem {
  itemId: string
  barcode: string
  name: string
  unit: 'each' | 'kilogram' | 'litre' | 'metre'
  /** Of one unit, tax included. */
  priceMinor: number
  taxCode: string
  taxRateMicro: number
}

export interface TillIdentity {
  storeId: string
  workstationId: string
  currency: string
  operatorId: string
}

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T

const roundHalfUp = (numerator: number, denominator: number): number => Math.floor((2 * numerator + denominator) / (2 * denominator))

/** Tax contained in a gross amount of either sign. */
export const includedTax = (grossMinor: number, rateMicro: number): number =>
  Math.sign(grossMinor) * roundHalfUp(Math.abs(grossMinor) * rateMicro, 1_000_000 + rateMicro)

const noteFor = (dueMinor: number): number =>
  [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000].find((note) => note >= dueMinor) ?? Math.ceil(dueMinor / 50_000) * 50_000

/** One receipt. About one in fifteen is a return of a single item for cash. */
export const ringUp = (
  random: () => number,
  till: TillIdentity,
  sequenceNumber: number,
  at: Date,
  shelf: readonly ShelfItem[],
): Transaction => {
  const isReturn = random() < 1 / 15
  const lineCount = isReturn ? 1 : 1 + Math.floor(random() * 4)
  const sign = isReturn ? -1 : 1
  const taxable = new Map<string, { rateMicro: number; grossMinor: number }>()
  const lineItems = Array.from({ length: lineCount }, (_, index) => {
    const item = pick(random, shelf)
    const quantityMilli = sign * (item.unit === 'each' ? 1_000 * (1 + Math.floor(random() * 3)) : 150 + Math.floor(random() * 2_000))
    const amountMinor = sign * roundHalfUp(Math.abs(quantityMilli) * item.priceMinor, 1_000)
    const group = taxable.get(item.taxCode) ?? { rateMicro: item.taxRateMicro, grossMinor: 0 }
    taxable.set(item.taxCode, { ...group, grossMinor: group.grossMinor + amountMinor })
    return {
      lineNumber: index + 1,
      kind: isReturn ? 'return' : 'sale',
      itemId: item.itemId,
      barcode: item.barcode,
      description: item.name,
      quantityMilli,
      unit: item.unit,
      unitPriceMinor: item.priceMinor,
      discountMinor: 0,
      amountMinor,
      voided: false,
    }
  })
  const grandMinor = lineItems.reduce((sum, line) => sum + line.amountMinor, 0)
  const taxes = [...taxable].map(([code, { rateMicro, grossMinor }]) => {
    const taxMinor = includedTax(grossMinor, rateMicro)
    return { code, rateMicro, taxableMinor: grossMinor - taxMinor, taxMinor, inclusive: true }
  })
  const taxMinor = taxes.reduce((sum, tax) => sum + tax.taxMinor, 0)
  return transactionSchema.parse({
    ...till,
    businessDay: at.toISOString().slice(0, 10),
    sequenceNumber,
    kind: isReturn ? 'return' : 'sale',
    endedAt: `${at.toISOString().slice(0, 19)}Z`,
    lineItems,
    tenders: tendersFor(random, grandMinor, isReturn, lineCount),
    taxes,
    totals: { netMinor: grandMinor - taxMinor, taxMinor, grandMinor },
  })
}

const tendersFor = (random: () => number, grandMinor: number, isReturn: boolean, lineCount: number) => {
  const tender = (offset: number, kind: 'cash' | 'card', amountMinor: number) => ({
    lineNumber: lineCount + offset,
    kind,
    amountMinor,
    voided: false,
  })
  if (isReturn) return [tender(1, 'cash', grandMinor)]
  if (random() < 0.6) return [tender(1, 'card', grandMinor)]
  const givenMinor = noteFor(grandMinor)
  return givenMinor === grandMinor
    ? [tender(1, 'cash', givenMinor)]
    : [tender(1, 'cash', givenMinor), tender(2, 'cash', grandMinor - givenMinor)]
}
