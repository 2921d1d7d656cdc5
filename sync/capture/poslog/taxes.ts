/**
 * Taxes of a receipt: lines of their own where there are any, else those under each sold line, summed by code and rate. Whether they
 * are contained in the amounts is what the flag says, or else what makes the total fit.
 */
import type { Tax } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import type { RungLine } from './line-items.ts'
import { isVoided, type ReceiptRow } from './receipt-rows.ts'
import { attributeOf, childOf, childrenOf, isTrue, textOfAny, type XmlNode } from './xml-node.ts'

interface ReceiptSums {
  /** Lines that count, less receipt discounts. */
  linesMinor: number
  taxMinor: number | undefined
  /** Without cash rounding. */
  grandMinor: number | undefined
}

type ReadTax = Omit<Tax, 'inclusive' | 'rateMicro'> & { rateMicro: number | undefined; flag: boolean | undefined }

/** As printed: whether a tax without a flag is contained in the amounts is only known with the sums. */
export const readTaxes = (taxRows: readonly ReceiptRow[], lines: readonly RungLine[], fields: FieldReader): ReadTax[] => {
  const found: ReadTax[] = []
  for (const { row, node } of taxRows) if (!isVoided(row) && !isVoided(node)) found.push(readTax(node, false, fields))
  if (found.length > 0) return found
  for (const { item, goods } of lines)
    if (!item.voided)
      for (const node of childrenOf(goods, 'Tax')) if (!isVoided(node)) found.push(readTax(node, goods.local === 'Return', fields))
  return found
}

export const settleTaxes = (read: readonly ReadTax[], sums: ReceiptSums): Tax[] => {
  if (read.length === 0) return taxOfTotal(sums)
  const exclusiveFits =
    sums.grandMinor !== undefined && sums.linesMinor + read.reduce((sum, tax) => sum + tax.taxMinor, 0) === sums.grandMinor
  const fallback = !(exclusiveFits && sums.linesMinor !== sums.grandMinor)
  return sumAlike(read.map((tax) => settled(tax, tax.flag ?? fallback)))
}

const settled = ({ code, rateMicro, taxableMinor, taxMinor }: ReadTax, inclusive: boolean): Tax =>
  rateMicro === undefined ? { code, taxableMinor, taxMinor, inclusive } : { code, rateMicro, taxableMinor, taxMinor, inclusive }

/** A receipt that states its tax in the total alone. */
const taxOfTotal = ({ linesMinor, taxMinor, grandMinor }: ReceiptSums): Tax[] => {
  if (taxMinor === undefined || taxMinor === 0) return []
  const inclusive = linesMinor + taxMinor !== grandMinor
  return [{ code: 'total', taxableMinor: linesMinor, taxMinor, inclusive }]
}

const codeNames = ['TaxGroupID', 'TaxRuleID', 'TaxCode', 'TaxAuthority'] as const
/** Version 6 names the tax by its rule; its group is a number that many taxes share. */
const codeNamesOf6 = ['TaxRuleID', 'TaxGroupID', 'TaxCode', 'TaxAuthority'] as const

const readTax = (node: XmlNode, returned: boolean, fields: FieldReader): ReadTax => {
  const names = fields.version >= 6 ? codeNamesOf6 : codeNames
  const code = (textOfAny(node, names) ?? attributeOf(node, 'TaxType') ?? 'tax').slice(0, 32)
  const field = `tax ${code}`
  const taxMinor = fields.money(node, field, 'Amount', 'TaxAmount') ?? 0
  const taxableMinor = fields.money(node, field, 'TaxableAmount') ?? 0
  const rateMicro = fields.percent(node, field, 'Percent') ?? fields.percent(node, field, 'TaxPercent')
  const flag = attributeOf(childOf(node, 'TaxableAmount'), 'TaxIncludedInTaxableAmountFlag') ?? attributeOf(node, 'TaxIncludedInPriceFlag')
  return {
    code,
    rateMicro,
    taxableMinor: returned && taxableMinor > 0 ? -taxableMinor : taxableMinor,
    taxMinor: returned && taxMinor > 0 ? -taxMinor : taxMinor,
    flag: flag === undefined || flag === '' ? undefined : isTrue(flag),
  }
}

const sumAlike = (taxes: readonly Tax[]): Tax[] => {
  if (taxes.length < 2) return [...taxes]
  const byKey = new Map<string, Tax>()
  for (const tax of taxes) {
    const key = `${tax.code}|${tax.rateMicro ?? ''}|${tax.inclusive}`
    const known = byKey.get(key)
    byKey.set(key, known ? { ...known, taxableMinor: known.taxableMinor + tax.taxableMinor, taxMinor: known.taxMinor + tax.taxMinor } : tax)
  }
  return [...byKey.values()]
}
