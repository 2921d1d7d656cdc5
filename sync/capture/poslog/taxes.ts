/**
 * Taxes of a receipt: lines of their own where there are any, else those under each sold line, summed by code and rate. Whether they
 * are contained in the amounts is what the flag says, or else what makes the total fit.
 */
import type { Tax } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { attributeOf, childOf, childrenOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

interface ReceiptSums {
  linesMinor: number
  taxMinor: number | undefined
  grandMinor: number | undefined
}

export const readTaxes = (rows: readonly XmlNode[], sums: ReceiptSums, fields: FieldReader): Tax[] => {
  const counting = rows.filter((row) => !isTrue(attributeOf(row, 'VoidFlag')) && !isTrue(attributeOf(row, 'CancelFlag')))
  const own = counting.flatMap((row) => childrenOf(row, 'Tax').map((node) => ({ node, returned: false })))
  const perLine = counting.flatMap((row) =>
    childrenOf(row, 'Sale', 'Return').flatMap((goods) =>
      childrenOf(goods, 'Tax').map((node) => ({ node, returned: goods.local === 'Return' })),
    ),
  )
  const found = (own.length > 0 ? own : perLine).filter(({ node }) => !isTrue(attributeOf(node, 'VoidFlag')))
  if (found.length === 0) return taxOfTotal(sums)
  const read = found.map(({ node, returned }) => readTax(node, returned, fields))
  const exclusiveFits =
    sums.grandMinor !== undefined && sums.linesMinor + read.reduce((sum, tax) => sum + tax.taxMinor, 0) === sums.grandMinor
  const fallback = !(exclusiveFits && sums.linesMinor !== sums.grandMinor)
  return sumAlike(read.map(({ flag, ...tax }) => ({ ...tax, inclusive: flag ?? fallback })))
}

/** A receipt that states its tax in the total alone. */
const taxOfTotal = ({ linesMinor, taxMinor, grandMinor }: ReceiptSums): Tax[] => {
  if (taxMinor === undefined || taxMinor === 0) return []
  const inclusive = linesMinor + taxMinor !== grandMinor
  return [{ code: 'total', taxableMinor: linesMinor, taxMinor, inclusive }]
}

const readTax = (node: XmlNode, returned: boolean, fields: FieldReader): Omit<Tax, 'inclusive'> & { flag: boolean | undefined } => {
  const code = (textOf(node, 'TaxGroupID', 'TaxRuleID', 'TaxCode', 'TaxAuthority') ?? attributeOf(node, 'TaxType') ?? 'tax').slice(0, 32)
  const taxMinor = fields.money(node, `tax ${code}`, 'Amount', 'TaxAmount') ?? 0
  const taxableMinor = fields.money(node, `tax ${code}`, 'TaxableAmount') ?? 0
  const rateMicro = fields.percent(node, `tax ${code}`, 'Percent') ?? fields.percent(node, `tax ${code}`, 'TaxPercent')
  const flag = attributeOf(childOf(node, 'TaxableAmount'), 'TaxIncludedInTaxableAmountFlag') ?? attributeOf(node, 'TaxIncludedInPriceFlag')
  const sign = (amount: number): number => (returned && amount > 0 ? -amount : amount)
  return {
    code,
    ...(rateMicro === undefined ? {} : { rateMicro }),
    taxableMinor: sign(taxableMinor),
    taxMinor: sign(taxMinor),
    flag: flag === undefined || flag === '' ? undefined : isTrue(flag),
  }
}

const sumAlike = (taxes: readonly Tax[]): Tax[] => {
  const byKey = new Map<string, Tax>()
  for (const tax of taxes) {
    const key = `${tax.code}|${tax.rateMicro ?? ''}|${tax.inclusive}`
    const known = byKey.get(key)
    byKey.set(key, known ? { ...known, taxableMinor: known.taxableMinor + tax.taxableMinor, taxMinor: known.taxMinor + tax.taxMinor } : tax)
  }
  return [...byKey.values()]
}
