/** Money moved without a sale: paid in and loaned is positive, paid out and picked up negative. With it, why it was moved. */
import type { Tender, Transaction } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { lineNumberOf } from './line-items.ts'
import { isVoided } from './receipt-rows.ts'
import { tenderKind } from './tenders.ts'
import { attributeOf, childOf, childrenOf, textOf, textOfAny, type XmlNode } from './xml-node.ts'

const leavesDrawer = /paidout|pick-?up/i
const entersDrawer = /paidin|loan/i
const rowNames = ['Tender', 'TenderControlTransactionTenderLineItem', 'TenderAmount', 'TenderTotal', 'Totals', 'Total']

export const readControlTenders = (body: XmlNode, fields: FieldReader): Tender[] => {
  if (body.local === 'RetailTransaction') return []
  const tenders: Tender[] = []
  for (const child of body.children) {
    const sign = leavesDrawer.test(child.local) ? -1 : entersDrawer.test(child.local) ? 1 : 0
    if (sign === 0) continue
    const rows = rowsOf(child)
    for (const row of rows.length > 0 ? rows : [child]) {
      const amount =
        row.local === 'TenderAmount' && row.children.length === 0
          ? fields.amount(row, child.local)
          : fields.money(row, child.local, 'Amount')
      if (amount === undefined) continue
      const type =
        attributeOf(row, 'TenderType') ??
        textOf(row, 'TenderType') ??
        textOf(row, 'TenderTypeCode') ??
        attributeOf(child, 'TenderType') ??
        'Cash'
      const lineNumber = lineNumberOf(row, tenders.length)
      tenders.push({ lineNumber, kind: tenderKind(type), amountMinor: sign * Math.abs(amount) || 0, voided: isVoided(row) })
    }
  }
  return tenders
}

const rowsOf = (moved: XmlNode): readonly XmlNode[] => {
  for (const name of rowNames) {
    const rows = childrenOf(moved, name)
    if (rows.length > 0) return rows
  }
  return []
}

const withReason: ReadonlySet<Transaction['kind']> = new Set(['paid-in', 'paid-out', 'no-sale', 'loan', 'pick-up'])
const reasonNames = ['Reason', 'ReasonCode', 'Description']

export const readReason = (body: XmlNode, kind: Transaction['kind']): string | undefined => {
  if (!withReason.has(kind)) return undefined
  let text = textOfAny(body, reasonNames)
  for (const child of body.children)
    text ??= textOfAny(child, reasonNames) ?? attributeOf(childOf(child, 'Reason') ?? childOf(child, 'ReasonCode'), 'Description')
  return text?.slice(0, 200)
}
