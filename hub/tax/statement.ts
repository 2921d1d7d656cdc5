/**
 * What the tills of a store stated of taxes on a business day, as sums that do not depend on the order of the receipts: receipts with the
 * same taxes in the same way are one basket. It says nothing of whether that is right: judge-day.ts does, with the master of any later time. Pure.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { movesGoods } from '../stock/movement.ts'

/** A tax as the till calls it; `rateMicro` null where it does not say. */
export interface TillTax {
  code: string
  rateMicro: number | null
  inclusive: boolean
}

/** Of a POSLog that states the tax in the receipt's total alone: no word of the till's. */
export const statesWhole = ({ code, rateMicro }: { code: string; rateMicro?: number | null | undefined }): boolean =>
  code === 'total' && (rateMicro === null || rateMicro === undefined)

export interface TaxStatement {
  storeId: string
  businessDay: string
  currency: string
  /** JSON of BasketKind. */
  basket: string
  taxes: { index: number; taxMinor: number }[]
  lines: { itemId: string | undefined; barcode: string | undefined; description: string; amountMinor: number }[]
}

export interface BasketKind {
  taxes: TillTax[]
  /** Something was taken off the receipt as a whole: its lines are more than what was taxed. */
  isDiscounted: boolean
}

export const basketText = ({ taxes, isDiscounted }: BasketKind): string =>
  JSON.stringify([taxes.map(({ code, rateMicro, inclusive }) => [code, rateMicro, inclusive]), isDiscounted])

/** Null for what changes no hands. */
export const statementOf = (t: Transaction): TaxStatement | null => {
  const lines = t.lineItems.filter((line) => !line.voided)
  if (!movesGoods(t) || lines.length === 0) return null
  const sums = new Map<string, { tax: TillTax; taxMinor: number }>()
  for (const { code, rateMicro, inclusive, taxMinor } of t.taxes) {
    const tax: TillTax = { code, rateMicro: rateMicro ?? null, inclusive }
    const key = JSON.stringify([code, tax.rateMicro, inclusive])
    sums.set(key, { tax, taxMinor: taxMinor + (sums.get(key)?.taxMinor ?? 0) })
  }
  const stated = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
  return {
    storeId: t.storeId,
    businessDay: t.businessDay,
    currency: t.currency,
    basket: basketText({ taxes: stated.map(({ tax }) => tax), isDiscounted: (t.discounts ?? []).length > 0 }),
    taxes: stated.length > 0 ? stated.map(({ taxMinor }, index) => ({ index, taxMinor })) : [{ index: 0, taxMinor: t.totals.taxMinor }],
    lines: lines.map(({ itemId, barcode, description, amountMinor }) => ({ itemId, barcode, description, amountMinor })),
  }
}
