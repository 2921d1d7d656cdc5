/** One `Transaction` element to a canonical transaction: header, kind, totals. Lines, tenders and taxes have files of their own. */
import type { Transaction } from '../../contract/transaction.ts'
import { toCanonical } from '../canonical.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem } from '../captured-item.ts'
import { minorDigits } from '../currency.ts'
import { collectExtensions } from './extensions.ts'
import { createFieldReader, type FieldReader } from './field-reader.ts'
import { readLineItems } from './line-items.ts'
import { applyRewards } from './rewards.ts'
import { readTaxes } from './taxes.ts'
import { readControlTender, readTenders } from './tenders.ts'
import { transactionBody, transactionKind } from './transaction-kind.ts'
import { pairVoids } from './voids.ts'
import { attributeOf, childOf, childrenOf, renderNode, textOf, type XmlNode } from './xml-node.ts'

const maxExcerpt = 4_000

export const readTransaction = (node: XmlNode, where: string, hints: CaptureHints): CapturedItem => {
  const currency = textOf(node, 'CurrencyCode') ?? hints.currency
  const fields = createFieldReader(where, currency, minorDigits(currency))
  const candidate = readCandidate(node, currency, fields)
  const canonical = toCanonical(candidate, hints, where)
  const reasons = [...fields.reasons, ...(canonical.ok ? [] : canonical.reasons)]
  if (reasons.length > 0 || !canonical.ok) return quarantinedItem(reasons, renderNode(node, maxExcerpt), where)
  return { outcome: 'transaction', transaction: canonical.transaction, warnings: fields.warnings, where }
}

const readCandidate = (node: XmlNode, currency: string, fields: FieldReader): Record<string, unknown> => {
  const body = transactionBody(node)
  const rows = childrenOf(body, 'LineItem')
  const stated = readTotals(body, fields)
  const rung = applyRewards(readLineItems(rows, fields), rows, fields)
  const lineItems = pairVoids(rung, stated.grandMinor).map((line) => line.item)
  const linesMinor = lineItems.reduce((sum, line) => (line.voided ? sum : sum + line.amountMinor), 0)
  const taxes = readTaxes(rows, { linesMinor, taxMinor: stated.taxMinor, grandMinor: stated.grandMinor }, fields)
  const operatorId = textOf(node, 'OperatorID')
  const { extensions, omitted } = collectExtensions(node)
  if (omitted > 0) fields.warn(`extensions: ${omitted} more than are kept`)
  return {
    storeId: textOf(node, 'RetailStoreID') ?? textOf(childOf(node, 'BusinessUnit'), 'UnitID'),
    workstationId: textOf(node, 'WorkstationID'),
    businessDay: textOf(node, 'BusinessDayDate')?.replace(/T00:00:00(?:\.0+)?(?:Z|[+-]\d\d:\d\d)?$/, ''),
    sequenceNumber: readSequenceNumber(node, fields),
    kind: transactionKind(node, body, lineItems),
    endedAt: textOf(node, 'EndDateTime', 'BeginDateTime', 'POSLogDateTime') ?? textOf(body, 'ReceiptDateTime'),
    ...(operatorId === undefined ? {} : { operatorId }),
    currency,
    lineItems,
    tenders: [...readTenders(rows, fields), ...readControlTender(body, fields)],
    taxes,
    totals: completeTotals(stated, linesMinor, taxes),
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

const readSequenceNumber = (node: XmlNode, fields: FieldReader): number => {
  const text = textOf(node, 'SequenceNumber') ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text)
  fields.fault('INVALID', `sequenceNumber: "${text.slice(0, 60)}" is not a whole number`)
  return 0
}

interface StatedTotals {
  netMinor?: number | undefined
  taxMinor?: number | undefined
  grandMinor?: number | undefined
}

/** `Total` by its type; in a list of several of one type the last one stands. */
const readTotals = (body: XmlNode, fields: FieldReader): StatedTotals => {
  const totals: StatedTotals = {}
  for (const node of childrenOf(body, 'Total')) {
    const type = attributeOf(node, 'TotalType') ?? ''
    const amount = (): number => fields.amount(node, `totals.${type}`)
    if (type === 'TransactionNetAmount') totals.netMinor = amount()
    if (type === 'TransactionTaxAmount') totals.taxMinor = amount()
    if (type === 'TransactionGrandAmount') totals.grandMinor = amount()
  }
  return totals
}

/** What the receipt states stands, right or wrong; only what it leaves out is computed. */
const completeTotals = (stated: StatedTotals, linesMinor: number, taxes: Transaction['taxes']): Transaction['totals'] => {
  const sum = (inclusive: boolean): number => taxes.reduce((total, tax) => (tax.inclusive === inclusive ? total + tax.taxMinor : total), 0)
  const taxMinor = stated.taxMinor ?? sum(true) + sum(false)
  const grandMinor = stated.grandMinor ?? linesMinor + sum(false)
  return { netMinor: stated.netMinor ?? grandMinor - taxMinor, taxMinor, grandMinor }
}
