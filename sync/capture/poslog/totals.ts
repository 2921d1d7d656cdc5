/**
 * `Total` by its type, and cash rounding. What the receipt states stands, right or wrong; only what it leaves out is computed. Rounding is
 * part of the grand total here; where a till prints the total before it, it is added.
 */
import type { Tax, Tender, Transaction } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { attributeOf, type XmlNode } from './xml-node.ts'

export interface StatedTotals {
  netMinor?: number
  taxMinor?: number
  grandMinor?: number
  roundingMinor?: number
  /** Version 6 as R10 prints it: its net holds the tax that is in the prices. */
  taxIncludedMinor?: number
  taxSurchargeMinor?: number
}

const names: Record<string, keyof StatedTotals> = {
  TransactionNetAmount: 'netMinor',
  TransactionTaxAmount: 'taxMinor',
  TransactionGrandAmount: 'grandMinor',
  RoundingAmount: 'roundingMinor',
  TransactionRoundingAmount: 'roundingMinor',
  'X:TransactionTaxIncluded': 'taxIncludedMinor',
  'X:TransactionTaxSurcharge': 'taxSurchargeMinor',
}

/** In a list of several of one type the last one stands. */
export const readTotals = (body: XmlNode, fields: FieldReader): StatedTotals => {
  const totals: StatedTotals = {}
  for (const node of body.children) {
    if (node.local !== 'Total' || node.isVendors !== body.isVendors) continue
    const type = attributeOf(node, 'TotalType') ?? ''
    const name = names[type]
    if (name) totals[name] = fields.amount(node, `totals.${type}`)
  }
  const { taxIncludedMinor: included, taxSurchargeMinor: surcharge, taxMinor } = totals
  if (included === undefined && surcharge === undefined) return totals
  if (taxMinor === undefined) totals.taxMinor = (included ?? 0) + (surcharge ?? 0)
  if (taxMinor === undefined && totals.netMinor !== undefined) totals.netMinor -= included ?? 0
  return totals
}

interface Parts {
  stated: StatedTotals
  /** Lines that count, less receipt discounts. */
  linesMinor: number
  taxes: readonly Tax[]
  tenders: readonly Tender[]
  /** Rounding that was printed among the tenders. */
  tenderRounding: number | undefined
}

export const completeTotals = ({ stated, linesMinor, taxes, tenders, tenderRounding }: Parts): Transaction['totals'] => {
  const rounding = tenderRounding ?? stated.roundingMinor ?? 0
  const sum = (inclusive: boolean): number => taxes.reduce((total, tax) => (tax.inclusive === inclusive ? total + tax.taxMinor : total), 0)
  const taxMinor = stated.taxMinor ?? sum(true) + sum(false)
  const paid = tenders.reduce((total, tender) => (tender.voided ? total : total + tender.amountMinor), 0)
  const grandMinor =
    stated.grandMinor === undefined
      ? linesMinor + sum(false) + rounding
      : stated.grandMinor + (isBeforeRounding(stated, stated.grandMinor, rounding, paid) ? rounding : 0)
  return {
    netMinor: stated.netMinor ?? grandMinor - rounding - taxMinor,
    taxMinor,
    grandMinor,
    ...(rounding === 0 ? {} : { roundingMinor: rounding }),
  }
}

const isBeforeRounding = ({ netMinor, taxMinor }: StatedTotals, grandMinor: number, rounding: number, paid: number): boolean => {
  if (rounding === 0) return false
  if (netMinor !== undefined && taxMinor !== undefined && netMinor + taxMinor + rounding === grandMinor) return false
  if (netMinor !== undefined && taxMinor !== undefined && netMinor + taxMinor === grandMinor) return true
  return paid === grandMinor + rounding
}
