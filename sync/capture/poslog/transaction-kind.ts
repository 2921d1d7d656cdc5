/**
 * What kind of transaction it is: flags first (training, cancelled, suspended), then the body's element, then its lines.
 * A stock view (`xsi:type="RetailTransactionStockView"`) is a sale that lists its lines alone, right under `Transaction`.
 */
import type { LineItem, Transaction } from '../../contract/transaction.ts'
import { attributeOf, childOf, isTrue, type XmlNode } from './xml-node.ts'

type Kind = Transaction['kind']

const bodyNames = ['RetailTransaction', 'CustomerOrderTransaction', 'ControlTransaction', 'TenderControlTransaction', 'PostVoidTransaction']

/** The element that holds lines and totals: a child, or the transaction itself in the flat form. */
export const transactionBody = (node: XmlNode): XmlNode =>
  node.children.find((c) => bodyNames.includes(c.local)) ??
  node.children.find((c) => !c.isVendors && c.prefix === node.prefix && c.local.endsWith('Transaction')) ??
  node

const controlKinds: readonly [RegExp, Kind][] = [
  [/sign-?on/i, 'sign-on'],
  [/sign-?off/i, 'sign-off'],
  [/^nosale/i, 'no-sale'],
  [/^(businesssod|possod|sod|storeopen|dayopen|openbusinessday)/i, 'day-open'],
  [/^(businesseod|poseod|eod|storeclose|dayclose|closebusinessday)/i, 'day-close'],
  [/paidin/i, 'paid-in'],
  [/paidout/i, 'paid-out'],
  [/loan/i, 'loan'],
  [/pick-?up/i, 'pick-up'],
  [/settle|tillcount|tendercount|tilleod/i, 'settlement'],
]

const cancelled = new Set(['cancelled', 'canceled', 'voided', 'failed'])

/** `isOrder`: its goods are ordered, and none handed over. */
export const transactionKind = (node: XmlNode, body: XmlNode, lineItems: readonly LineItem[], isOrder: boolean): Kind => {
  const status = (attributeOf(body, 'TransactionStatus') ?? attributeOf(node, 'TransactionStatus') ?? '').toLowerCase()
  const flagged = (name: string): boolean =>
    isTrue(attributeOf(node, name)) || isTrue(attributeOf(body, name)) || isTrue(childOf(node, name)?.text.trim())
  if (flagged('TrainingModeFlag') || status === 'training') return 'training'
  if (body.local === 'PostVoidTransaction' || status === 'postvoided' || status === 'postvoid') return 'post-void'
  if (flagged('CancelFlag') || cancelled.has(status)) return 'cancelled'
  if (flagged('SuspendFlag') || flagged('SuspendedFlag') || status === 'suspended') return 'suspended'
  if (body.local === 'CustomerOrderTransaction' || isOrder) return 'customer-order'
  if (body === node || body.local === 'RetailTransaction') return retailKind(node, body, lineItems)
  return controlKind(body)
}

const isStockView = (node: XmlNode): boolean => /^(?:[\w.-]+:)?RetailTransaction/.test(attributeOf(node, 'type') ?? '')

const retailKind = (node: XmlNode, body: XmlNode, lineItems: readonly LineItem[]): Kind => {
  let sells = false
  let takesBack = false
  for (const line of lineItems) {
    if (line.voided) continue
    if (line.kind === 'sale') sells = true
    else takesBack = true
  }
  if (sells && takesBack) return 'exchange'
  if (takesBack) return 'return'
  if (sells || lineItems.length > 0) return 'sale'
  if (body.children.some((row) => childOf(row, 'NoSale'))) return 'no-sale'
  return body === node && !isStockView(node) ? 'other' : 'sale'
}

const controlKind = (body: XmlNode): Kind => {
  for (const child of body.children) for (const [pattern, kind] of controlKinds) if (pattern.test(child.local)) return kind
  return 'other'
}
