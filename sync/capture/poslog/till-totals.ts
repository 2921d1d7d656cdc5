/**
 * A till's own totals, in a settlement or a day's end: sums by tender (sales less returns), by tax, and counts. Only what is stated is
 * kept: it is compared with what was captured.
 */
import type { TillTotals } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { tenderKind } from './tenders.ts'
import { attributeOf, childOf, childrenOf, textOf, textOfAny, type XmlNode } from './xml-node.ts'

const taxNames = ['TaxRuleID', 'TaxGroupID', 'TaxCode', 'TaxAuthority']
const partNames = new Set(['Sales', 'Sale', 'Returns', 'Return', 'Refunds'])

type TenderTotal = NonNullable<TillTotals['tenders']>[number]

export const readTillTotals = (body: XmlNode, fields: FieldReader): TillTotals | undefined => {
  for (const child of body.children) {
    const settle = childOf(child, 'SessionSettle') ?? child
    const totals = readSettle(settle, fields)
    if (Object.keys(totals).length > 0) return totals
  }
  return undefined
}

const readSettle = (settle: XmlNode, fields: FieldReader): TillTotals => {
  const transactionCount = fields.count(settle, 'TransactionCount')
  const grandMinor = childrenOf(settle, 'Total')
    .filter((node) => attributeOf(node, 'TotalType') === 'TransactionGrandAmount')
    .map((node) => fields.amount(node, 'settlement'))[0]
  const tenders = readTenderTotals(settle, fields)
  const taxes = childrenOf(settle, 'Tax').map((node) => ({
    code: (textOfAny(node, taxNames) ?? attributeOf(node, 'TaxType') ?? 'tax').slice(0, 32),
    taxMinor: fields.money(node, 'settlement tax', 'Amount', 'TaxAmount') ?? 0,
  }))
  return {
    ...(transactionCount === undefined ? {} : { transactionCount }),
    ...(grandMinor === undefined ? {} : { grandMinor }),
    ...(tenders.length === 0 ? {} : { tenders }),
    ...(taxes.length === 0 ? {} : { taxes }),
  }
}

/** `TenderSummary` in one of two shapes: `Sales` and `Returns` with their tender type, or a summary for each tender. */
const readTenderTotals = (settle: XmlNode, fields: FieldReader): TenderTotal[] => {
  const byKind = new Map<TenderTotal['kind'], TenderTotal>()
  for (const summary of childrenOf(settle, 'TenderSummary'))
    for (const part of summary.children.filter((child) => partNames.has(child.local))) {
      const sums = childOf(part, 'Total') ?? part
      const amount = fields.money(sums, 'settlement tender', 'Amount') ?? 0
      const count = fields.count(sums, 'Count') ?? fields.count(part, 'Count')
      const kind = tenderKind(attributeOf(part, 'TenderType') ?? attributeOf(summary, 'TenderType') ?? textOf(part, 'TenderType') ?? '')
      const known = byKind.get(kind)
      const counts = count === undefined ? known?.count : (known?.count ?? 0) + count
      byKind.set(kind, {
        kind,
        amountMinor: (known?.amountMinor ?? 0) + (part.local.startsWith('Sale') ? amount : -Math.abs(amount) || 0),
        ...(counts === undefined ? {} : { count: counts }),
      })
    }
  return [...byKind.values()]
}
