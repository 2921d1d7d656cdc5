/**
 * What kind of transaction it is: flags first (training, cancelled, suspended), then the body's element, then its lines.
 * A stock view (`xsi:type="RetailTransactionStockView"`) is a sale that lists its lines alone, right under `Transaction`.
 */
import type { LineItem, Transaction } from '../../contract/transaction.ts'
import { attributeOf, isTrue, type XmlNode } from './xml-node.ts'

type Kind = Transaction['kind']

const bodyNames = ['RetailTransaction', 'ControlTransaction', 'TenderControlTransaction', 'PostVoidTransaction']

/** The element that holds lines and totals: a child, or the transaction itself in the flat form. */
export const transactionBody = (node: XmlNode): XmlNode =>
  node.children.find((c) => bodyNames.includes(c.local)) ??
  node.children.find((c) => c.prefix === node.prefix && c.local.endsWith('Transaction')) ??
  node

const controlKinds: readonly [RegExp, Kind][] = [
  [/sign-?on/i, 'sign-on'],
  [/sign-?off/i, 'sign-off'],
  [/^nosale/i, 'no-sale'],
  [/^(businesssod|sod|storeopen|dayopen|openbusinessday)/i, 'day-open'],
  [/^(businesseod|eod|storeclose|dayclose|closebusinessday)/i, 'day-close'],
  [/paidin/i, 'paid-in'],
  [/paidout/i, 'paid-out'],
  [/loan/i, 'loan'],
  [/pick-?up/i, 'pick-up'],
  [/settle|tillcount/i, 'settlement'],
]

export const transactionKind = (node: XmlNode, body: XmlNode, lineItems: readonly LineItem[]): Kind => {
  const status = (attributeOf(body, 'TransactionStatus') ?? '').toLowerCase()
  const flagged = (name: string): boolean => isTrue(attributeOf(node, name)) || isTrue(attributeOf(body, name))
  if (flagged('TrainingModeFlag') || status === 'training') return 'training'
  if (body.local === 'PostVoidTransaction' || status === 'postvoided' || status === 'postvoid') return 'post-void'
  if (flagged('CancelFlag') || ['cancelled', 'canceled', 'voided', 'failed'].includes(status)) return 'cancelled'
  if (flagged('SuspendFlag') || status === 'suspended') return 'suspended'
  if (body === node || body.local === 'RetailTransaction') return retailKind(body === node && !isStockView(node), lineItems)
  return controlKind(body)
}

const isStockView = (node: XmlNode): boolean => /^(?:[\w.-]+:)?RetailTransaction/.test(attributeOf(node, 'type') ?? '')

const retailKind = (withoutBody: boolean, lineItems: readonly LineItem[]): Kind => {
  const kinds = new Set(lineItems.filter((line) => !line.voided).map((line) => line.kind))
  if (kinds.size === 2) return 'exchange'
  if (kinds.has('return')) return 'return'
  return withoutBody && lineItems.length === 0 ? 'other' : 'sale'
}

const controlKind = (body: XmlNode): Kind => {
  for (const child of body.children) for (const [pattern, kind] of controlKinds) if (pattern.test(child.local)) return kind
  return 'other'
}
