/** One `Transaction` element to a canonical transaction: header, kind, and its parts in order. Each part has a file of its own. */
import type { Transaction } from '../../contract/transaction.ts'
import { toCanonical } from '../canonical.ts'
import { type CapturedItem, type CaptureHints, quarantinedItem } from '../captured-item.ts'
import { localDateOf, readBusinessDay, readEndedAt } from './business-day.ts'
import { claimedNumber } from './claimed-number.ts'
import { readControlTenders, readReason } from './control-tenders.ts'
import { collectExtensions } from './extensions.ts'
import { createFieldReader, type FieldReader } from './field-reader.ts'
import { readLineItems, type RungLine } from './line-items.ts'
import type { TransactionContext } from './poslog-context.ts'
import { turnPostVoid } from './post-void.ts'
import { type ReceiptRow, sortRows } from './receipt-rows.ts'
import { readReferences } from './references.ts'
import { applyRewards, readReceiptDiscounts } from './rewards.ts'
import { readTaxes, settleTaxes } from './taxes.ts'
import { readTenders } from './tenders.ts'
import { readTillTotals } from './till-totals.ts'
import { completeTotals, readTotals, type StatedTotals } from './totals.ts'
import { transactionBody, transactionKind } from './transaction-kind.ts'
import { pairVoids } from './voids.ts'
import { childOf, childrenOf, textOf, type XmlNode } from './xml-node.ts'

export const readTransaction = (node: XmlNode, { where, hints, raw, version }: TransactionContext): CapturedItem => {
  const currency = textOf(node, 'CurrencyCode') ?? hints.currency
  const fields = createFieldReader({ where, currency, version })
  const candidate = readCandidate(node, hints, fields)
  const canonical = toCanonical(candidate, hints, where)
  if (canonical.ok && fields.reasons.length === 0)
    return { outcome: 'transaction', transaction: canonical.transaction, warnings: fields.warnings, where }
  const reasons = [...fields.reasons, ...(canonical.ok ? [] : canonical.reasons)]
  return quarantinedItem(reasons, raw(), where, claimedNumber(node, hints.timeZone))
}

/** Keys stand in the contract's order. */
const readCandidate = (node: XmlNode, hints: CaptureHints, fields: FieldReader): Record<string, unknown> => {
  const body = transactionBody(node)
  const endedAt = readEndedAt(node, body)
  const operatorId = textOf(node, 'OperatorID')
  const { kind, lineItems, tenders, taxes, totals, discounts, references } = readGoodsAndMoney(node, body, fields)
  const reason = readReason(body, kind)
  const tillTotals = kind === 'settlement' || kind === 'day-close' ? readTillTotals(body, fields) : undefined
  const { extensions, omitted } = collectExtensions(node)
  if (omitted > 0) fields.warn(`extensions: ${omitted} more than are kept`)
  const candidate: Record<string, unknown> = {
    storeId: textOf(node, 'RetailStoreID') ?? textOf(childOf(node, 'BusinessUnit'), 'UnitID'),
    workstationId: textOf(node, 'WorkstationID'),
    businessDay: readBusinessDay(node) ?? localDateOf(endedAt, hints.timeZone),
    sequenceNumber: readSequenceNumber(node, fields),
    kind,
    endedAt,
  }
  if (operatorId !== undefined) candidate['operatorId'] = operatorId
  candidate['currency'] = fields.currency
  candidate['lineItems'] = lineItems
  candidate['tenders'] = tenders
  candidate['taxes'] = taxes
  candidate['totals'] = totals
  if (discounts !== undefined) candidate['discounts'] = discounts
  if (references.length > 0) candidate['references'] = references
  if (reason !== undefined) candidate['reason'] = reason
  if (tillTotals !== undefined) candidate['tillTotals'] = tillTotals
  if (extensions !== undefined) candidate['extensions'] = extensions
  return candidate
}

type GoodsAndMoney = Pick<Transaction, 'kind' | 'lineItems' | 'tenders' | 'taxes' | 'totals' | 'discounts'> & {
  references: NonNullable<Transaction['references']>
}

const readGoodsAndMoney = (node: XmlNode, body: XmlNode, fields: FieldReader): GoodsAndMoney => {
  const rows = sortRows(childrenOf(body, 'LineItem'))
  const stated = readTotals(body, fields)
  const rung = readLineItems(rows.goods, fields)
  const { tenders: paid, roundingMinor: tenderRounding } = readTenders(rows.tenders, fields)
  const discounts = readReceiptDiscounts(rung.lines, rows, fields)
  const off = discounts.reduce((sum, one) => sum + one.amountMinor, 0)
  const rewarded = applyRewards(rung.lines, rows.rewards, fields)
  const lines = pairVoids(
    rewarded,
    stated.grandMinor === undefined ? undefined : fitsTotal(stated, stated.grandMinor + off, rows.taxes, fields),
  )
  const lineItems = lines.map((line) => line.item)
  const kind = transactionKind(node, body, lineItems, rung.isOrder)
  const linesMinor = lineItems.reduce((sum, line) => (line.voided ? sum : sum + line.amountMinor), 0) - off
  const printed = readTaxes(rows.taxes, lines, fields)
  const grandMinor = stated.grandMinor === undefined ? undefined : stated.grandMinor - (stated.roundingMinor ?? 0)
  const taxes = settleTaxes(printed, { linesMinor, taxMinor: stated.taxMinor, grandMinor })
  const tenders = [...paid, ...readControlTenders(body, fields)]
  const totals = completeTotals({ stated, linesMinor, taxes, tenders, tenderRounding })
  const read = { kind, lineItems, tenders, taxes, totals, ...(discounts.length === 0 ? {} : { discounts }) }
  return { ...(kind === 'post-void' ? turnPostVoid(read) : read), references: readReferences(body, kind, rows.goods, fields) }
}

/** Whether lines, before receipt discounts, make the stated total: with its tax in them or on top, rounded or not. */
const fitsTotal =
  (stated: StatedTotals, exact: number, taxRows: readonly ReceiptRow[], fields: FieldReader) =>
  (lines: readonly RungLine[]): boolean => {
    const sum = lines.reduce((total, { item }) => (item.voided ? total : total + item.amountMinor), 0)
    const printed = readTaxes(taxRows, lines, fields)
    const onTop = printed.reduce((total, tax) => (tax.flag === false ? total + tax.taxMinor : total), 0)
    const perhaps =
      printed.length === 0
        ? (stated.taxMinor ?? 0)
        : printed.reduce((total, tax) => (tax.flag === undefined ? total + tax.taxMinor : total), 0)
    const rounding = stated.roundingMinor ?? 0
    return [0, perhaps].some((tax) => [0, rounding].some((rounded) => sum + onTop + tax + rounded === exact))
  }

const readSequenceNumber = (node: XmlNode, fields: FieldReader): number => {
  const text = textOf(node, 'SequenceNumber') ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text)
  fields.fault('INVALID', `sequenceNumber: "${text.slice(0, 60)}" is not a whole number`)
  return 0
}
