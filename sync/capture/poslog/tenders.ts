/** `LineItem/Tender` to canonical tenders: positive into the drawer. Change and refunds leave it, however the till signs them. */
import type { Tender } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { lineNumberOf } from './line-items.ts'
import { attributeOf, childOf, childrenOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

const kinds: readonly [RegExp, Tender['kind']][] = [
  [/^cash|currency/i, 'cash'],
  [/credit ?debit|card|debit|credit$/i, 'card'],
  [/voucher|gift|certificate|coupon|store ?credit/i, 'voucher'],
  [/check|cheque/i, 'cheque'],
  [/account|house|invoice/i, 'account'],
  [/loyal|points/i, 'loyalty'],
]

const tenderKind = (type: string): Tender['kind'] =>
  /gift ?card/i.test(type) ? 'voucher' : (kinds.find(([pattern]) => pattern.test(type))?.[1] ?? 'other')

export const readTenders = (rows: readonly XmlNode[], fields: FieldReader): Tender[] =>
  rows.flatMap((row, index) => {
    const node = childOf(row, 'Tender')
    if (!node) return []
    const lineNumber = lineNumberOf(row, index)
    const voided = isTrue(attributeOf(row, 'VoidFlag')) || isTrue(attributeOf(row, 'CancelFlag'))
    const amount = fields.money(node, `tender ${lineNumber}`, 'Amount', 'TenderAmount') ?? 0
    const leaves = /refund|change|return/i.test(attributeOf(node, 'TypeCode') ?? '')
    const tender: Tender = {
      lineNumber,
      kind: tenderKind(attributeOf(node, 'TenderType') ?? ''),
      amountMinor: leaves ? -Math.abs(amount) : amount,
      voided,
    }
    return [tender, ...readChange(node, lineNumber, voided, fields)]
  })

const readChange = (node: XmlNode, lineNumber: number, voided: boolean, fields: FieldReader): Tender[] =>
  childrenOf(node, 'TenderChange').flatMap((change) => {
    const amount = fields.money(change, `tender ${lineNumber}.TenderChange`, 'Amount') ?? 0
    return amount === 0 ? [] : [{ lineNumber, kind: 'cash' as const, amountMinor: -Math.abs(amount), voided }]
  })

const leavesDrawer = /paidout|pick-?up/i
const entersDrawer = /paidin|loan/i

/** Money moved without a sale: paid in and loaned is positive, paid out and picked up negative. */
export const readControlTender = (body: XmlNode, fields: FieldReader): Tender[] =>
  body.children.flatMap((child, index) => {
    const sign = leavesDrawer.test(child.local) ? -1 : entersDrawer.test(child.local) ? 1 : 0
    if (sign === 0 || body.local === 'RetailTransaction') return []
    const amount = fields.money(child, child.local, 'Amount') ?? fields.money(childOf(child, 'Tender'), child.local, 'Amount')
    const type = attributeOf(childOf(child, 'Tender') ?? child, 'TenderType') ?? textOf(child, 'TenderType') ?? 'Cash'
    return amount === undefined
      ? []
      : [{ lineNumber: index + 1, kind: tenderKind(type), amountMinor: sign * Math.abs(amount), voided: false }]
  })
