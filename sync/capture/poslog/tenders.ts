/** `LineItem/Tender` to canonical tenders: positive into the drawer. Change and refunds leave it, however the till signs them. */
import type { Tender } from '../../contract/transaction.ts'
import type { FieldReader } from './field-reader.ts'
import { lineNumberOf } from './line-items.ts'
import { isVoided, type ReceiptRow } from './receipt-rows.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlNode } from './xml-node.ts'

const kinds: readonly [RegExp, Tender['kind']][] = [
  [/gift ?card/i, 'voucher'],
  [/^cash|currency/i, 'cash'],
  [/credit ?debit|card|debit|credit$/i, 'card'],
  [/voucher|gift|certificate|coupon|store ?credit/i, 'voucher'],
  [/check|cheque/i, 'cheque'],
  [/account|house|invoice/i, 'account'],
  [/loyal|points/i, 'loyalty'],
]

const known = new Map<string, Tender['kind']>()

export const tenderKind = (type: string): Tender['kind'] => {
  const seen = known.get(type)
  if (seen) return seen
  const kind = kinds.find(([pattern]) => pattern.test(type))?.[1] ?? 'other'
  if (known.size < 200) known.set(type, kind)
  return kind
}

export interface ReadTenders {
  tenders: Tender[]
  /** Of rounding that the till prints as if it were a tender; undefined where it prints none. */
  roundingMinor: number | undefined
}

export const readTenders = (rows: readonly ReceiptRow[], fields: FieldReader): ReadTenders => {
  const tenders: Tender[] = []
  let roundingMinor: number | undefined
  for (const { row, node, index } of rows) {
    const lineNumber = lineNumberOf(row, index)
    const rounding = readRounding(node, lineNumber, fields)
    if (rounding !== undefined) roundingMinor = (roundingMinor ?? 0) + (isVoided(row) ? 0 : rounding)
    else tenders.push(...readTender(node, lineNumber, isVoided(row), fields))
  }
  return { tenders, roundingMinor }
}

const readTender = (node: XmlNode, lineNumber: number, voided: boolean, fields: FieldReader): Tender[] => {
  const field = `tender ${lineNumber}`
  const { amountMinor, foreign } = readHandedOver(node, field, fields)
  const leaves = /refund|change|return/i.test(attributeOf(node, 'TypeCode') ?? '')
  const tender: Tender = {
    lineNumber,
    kind: tenderKind(attributeOf(node, 'TenderType') ?? ''),
    amountMinor: leaves ? away(amountMinor) : amountMinor,
    voided,
  }
  if (foreign !== undefined) tender.foreign = leaves ? { ...foreign, amountMinor: away(foreign.amountMinor) } : foreign
  const given = readGivenBack(node, lineNumber, voided, fields)
  if (given.length === 0) return [tender]
  return amountMinor === 0 ? given : [tender, ...given]
}

const away = (amount: number): number => 0 - Math.abs(amount)

/** Foreign money is said in three ways: an element of its own, an attribute beside the amount, or the amount's currency with its worth. */
const readHandedOver = (node: XmlNode, field: string, fields: FieldReader): Pick<Tender, 'amountMinor' | 'foreign'> => {
  const amount = childOf(node, 'Amount') ?? childOf(node, 'TenderAmount')
  const element = childOf(node, 'ForeignCurrency')
  const beside = attributeOf(amount, 'ForeignAmount')
  const stated = attributeOf(amount, 'Currency')
  const currency = textOf(element, 'CurrencyCode') ?? (beside === undefined ? undefined : stated)
  const text = textOf(element, 'OriginalFaceAmount') ?? textOf(element, 'Amount') ?? beside
  if (currency === undefined || text === undefined || currency === fields.currency || !/^[A-Z]{3}$/.test(currency))
    return { amountMinor: amount && amount.text.trim() !== '' ? fields.amount(amount, field) : 0 }
  const worth = amount && amount.text.trim() !== '' ? fields.foreign(amount.text, fields.currency, field) : 0
  const face = fields.foreign(text, currency, `${field}.ForeignCurrency`)
  return { amountMinor: worth, foreign: { currency: currency as NonNullable<Tender['foreign']>['currency'], amountMinor: face } }
}

/** Change, and cash that a card payment was raised by. */
const readGivenBack = (node: XmlNode, lineNumber: number, voided: boolean, fields: FieldReader): Tender[] => {
  const given: Tender[] = []
  for (const change of childrenOf(node, 'TenderChange')) {
    const amount = fields.money(change, `tender ${lineNumber}.TenderChange`, 'Amount') ?? 0
    const kind = tenderKind(attributeOf(change, 'TenderType') ?? 'Cash')
    if (amount !== 0) given.push({ lineNumber, kind, amountMinor: away(amount), voided })
  }
  const cashback = fields.money(node, `tender ${lineNumber}.Cashback`, 'Cashback') ?? 0
  if (cashback !== 0) given.push({ lineNumber, kind: 'cash', amountMinor: away(cashback), voided })
  return given
}

const readRounding = (node: XmlNode, lineNumber: number, fields: FieldReader): number | undefined => {
  const rounding = childOf(node, 'Rounding')
  if (!rounding && !/rounding/i.test(attributeOf(node, 'TenderType') ?? '')) return undefined
  const amount =
    (rounding && fields.amount(rounding, `tender ${lineNumber}.Rounding`)) ?? fields.money(node, `tender ${lineNumber}`, 'Amount') ?? 0
  return attributeOf(rounding, 'RoundingDirection') === 'Down' ? away(amount) : amount
}
