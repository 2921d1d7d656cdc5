/**
 * `LineItem/Sale` and `LineItem/Return` to canonical lines. A returned line is negative however the till signs it.
 * `ExtendedAmount` is the line's amount after its discounts; only where it is missing is it computed.
 */
import type { LineItem, Unit } from '../../contract/transaction.ts'
import { extendMinor } from '../decimal.ts'
import type { FieldReader } from './field-reader.ts'
import { attributeOf, childOf, childrenOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

/** A line as rung, with what later steps need to know of its element. */
export interface RungLine {
  item: LineItem
  /** Numbers of the line that this one voids or refers to, as written. */
  links: string[]
  numbers: string[]
  rungNegative: boolean
}

const units: Record<string, Unit> = {
  '': 'each',
  EA: 'each',
  EACH: 'each',
  PC: 'each',
  PCE: 'each',
  PCS: 'each',
  ST: 'each',
  STK: 'each',
  C62: 'each',
  UN: 'each',
  UNIT: 'each',
  KG: 'kilogram',
  KGM: 'kilogram',
  KILOGRAM: 'kilogram',
  L: 'litre',
  LT: 'litre',
  LTR: 'litre',
  LITRE: 'litre',
  M: 'metre',
  MTR: 'metre',
  METRE: 'metre',
}

export const readLineItems = (rows: readonly XmlNode[], fields: FieldReader): RungLine[] => {
  const lines: RungLine[] = []
  const taken = new Set<number>()
  for (const [index, row] of rows.entries()) {
    const goods = childOf(row, 'Sale') ?? childOf(row, 'Return')
    if (!goods) continue
    const line = readLine(row, goods, lineNumberOf(row, index, taken), fields)
    taken.add(line.item.lineNumber)
    lines.push(line)
  }
  return lines
}

/** The till's number; where it is missing or used twice, the first free one from the line's place on. */
export const lineNumberOf = (row: XmlNode, index: number, taken: ReadonlySet<number> = new Set()): number => {
  const text = textOf(row, 'SequenceNumber') ?? ''
  const stated = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (stated > 0 && !taken.has(stated)) return stated
  let free = index + 1
  while (taken.has(free)) free += 1
  return free
}

const readLine = (row: XmlNode, goods: XmlNode, lineNumber: number, fields: FieldReader): RungLine => {
  const field = `line ${lineNumber}`
  const unitPrice = fields.money(goods, field, 'RegularSalesUnitPrice', 'ActualSalesUnitPrice', 'UnitListPrice')
  const actualPrice = fields.money(goods, field, 'ActualSalesUnitPrice') ?? unitPrice ?? 0
  const quantityMilli = fields.quantity(goods, field, 'Quantity') ?? 1_000
  const discount = readDiscount(goods, field, fields)
  const extended = fields.money(goods, field, 'ExtendedAmount') ?? extendMinor(actualPrice, quantityMilli) - discount
  const rungNegative = extended < 0 || quantityMilli < 0
  const kind = goods.local === 'Return' || quantityMilli < 0 ? 'return' : 'sale'
  const negate = kind === 'return' && extended > 0
  const itemId = textOf(goods, 'ItemID')
  const barcode = barcodeOf(goods)
  return {
    item: {
      lineNumber,
      kind,
      ...(itemId === undefined ? {} : { itemId: itemId as NonNullable<LineItem['itemId']> }),
      ...(barcode === undefined ? {} : { barcode: barcode as NonNullable<LineItem['barcode']> }),
      description: (textOf(goods, 'Description') ?? textOf(goods, 'ReceiptDescription') ?? '').slice(0, 200),
      quantityMilli: kind === 'return' ? -Math.abs(quantityMilli) : quantityMilli,
      unit: unitOf(goods, field, fields),
      unitPriceMinor: unitPrice ?? actualPrice,
      discountMinor: kind === 'return' ? 0 - discount : discount,
      amountMinor: negate ? -extended : extended,
      voided: isTrue(attributeOf(row, 'VoidFlag')) || isTrue(attributeOf(row, 'CancelFlag')) || isTrue(attributeOf(goods, 'VoidFlag')),
    },
    links: [...childrenOf(goods, 'ItemLink', 'CreateRefNumber'), ...childrenOf(row, 'ItemLink', 'CreateRefNumber')].map((n) =>
      n.text.trim(),
    ),
    numbers: [...childrenOf(row, 'SequenceNumber', 'CreateNumber')].map((n) => n.text.trim()),
    rungNegative,
  }
}

/** What was taken off: stated for the line, or the sum of its price modifiers. */
const readDiscount = (goods: XmlNode, field: string, fields: FieldReader): number => {
  const stated = fields.money(goods, field, 'ExtendedDiscountAmount', 'DiscountAmount')
  if (stated !== undefined && stated !== 0) return Math.abs(stated)
  let total = 0
  for (const modifier of childrenOf(goods, 'RetailPriceModifier')) {
    if (isTrue(attributeOf(modifier, 'VoidFlag'))) continue
    const amount = childOf(modifier, 'Amount')
    if (!amount) continue
    const raises = attributeOf(amount, 'Action') === 'Add'
    total += Math.abs(fields.amount(amount, `${field}.RetailPriceModifier`)) * (raises ? -1 : 1)
  }
  return total
}

const barcodeOf = (goods: XmlNode): string | undefined => {
  const identities = childrenOf(goods, 'POSIdentity')
  const scanned = identities.find((id) => /^(?:EAN|UPC|GTIN|GS1)/i.test(attributeOf(id, 'POSIDType') ?? '')) ?? identities[0]
  return textOf(scanned, 'POSItemID')
}

const unitOf = (goods: XmlNode, field: string, fields: FieldReader): Unit => {
  const code = (attributeOf(childOf(goods, 'Quantity'), 'UnitOfMeasureCode') ?? '').toUpperCase()
  const unit = units[code]
  if (!unit) fields.warn(`${field}.Quantity: unit "${code}" is not known and was taken as each`)
  return unit ?? 'each'
}
