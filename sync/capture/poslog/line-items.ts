/**
 * `LineItem/Sale` and `LineItem/Return` to canonical lines. A returned line is negative however the till signs it.
 * The line's amount is after its discounts; where `ExtendedAmount` is before them, or missing, it is computed.
 */
import type { LineItem, Unit } from '../../contract/transaction.ts'
import { extendMinor } from '../decimal.ts'
import type { FieldReader } from './field-reader.ts'
import { isVoided, type ReceiptRow } from './receipt-rows.ts'
import { readOriginal } from './references.ts'
import { attributeOf, childOf, childrenOf, isTrue, textOf, type XmlNode } from './xml-node.ts'

/** A line as rung, with what later steps need to know of its element. */
export interface RungLine {
  item: LineItem
  row: XmlNode
  goods: XmlNode
  rungNegative: boolean
}

const units: Record<string, Unit> = {
  '': 'each',
  ...Object.fromEntries(['EA', 'EACH', 'PC', 'PCE', 'PCS', 'ST', 'STK', 'C62', 'UN', 'UNIT'].map((code) => [code, 'each' as const])),
  ...Object.fromEntries(['KG', 'KGM', 'KILOGRAM'].map((code) => [code, 'kilogram' as const])),
  ...Object.fromEntries(['L', 'LT', 'LTR', 'LITRE'].map((code) => [code, 'litre' as const])),
  ...Object.fromEntries(['M', 'MTR', 'METRE'].map((code) => [code, 'metre' as const])),
}

const orderedName = /^CustomerOrderFor/

/** Goods that are ordered and not handed over are lines only of an order, where there are no others. */
export const readLineItems = (goodsRows: readonly ReceiptRow[], fields: FieldReader): { lines: RungLine[]; isOrder: boolean } => {
  const sold = goodsRows.filter(({ node }) => !orderedName.test(node.local) && (node.local !== 'SaleForDelivery' || hasAmount(node)))
  const ordered = sold.length === 0 ? goodsRows.filter(({ node }) => orderedName.test(node.local)) : []
  const lines: RungLine[] = []
  const taken = new Set<number>()
  for (const { row, node, index } of sold.length > 0 ? sold : ordered) {
    const lineNumber = lineNumberOf(row, index, taken)
    taken.add(lineNumber)
    lines.push(readLine(row, node, lineNumber, fields))
  }
  return { lines, isOrder: ordered.length > 0 }
}

const hasAmount = (goods: XmlNode): boolean => childOf(goods, 'ExtendedAmount') !== undefined

/** The till's number; where it is missing or used twice, the first free one from the line's place on. */
export const lineNumberOf = (row: XmlNode, index: number, taken?: ReadonlySet<number>): number => {
  const text = textOf(row, 'SequenceNumber') ?? ''
  const stated = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (stated > 0 && !taken?.has(stated)) return stated
  let free = index + 1
  while (taken?.has(free)) free += 1
  return free
}

const readLine = (row: XmlNode, goods: XmlNode, lineNumber: number, fields: FieldReader): RungLine => {
  const field = `line ${lineNumber}`
  const unitPrice = fields.money(goods, field, 'RegularSalesUnitPrice', 'ActualSalesUnitPrice', 'UnitListPrice')
  const stated = fields.money(goods, field, 'ExtendedAmount')
  // Only where it is needed: the price after promotions is often finer than the currency.
  const actualPrice =
    stated === undefined || unitPrice === undefined ? (fields.money(goods, field, 'ActualSalesUnitPrice') ?? unitPrice ?? 0) : unitPrice
  const rung = readQuantity(goods, unitPrice ?? 0, stated, field, fields)
  const voided = isVoided(row) || isTrue(attributeOf(goods, 'VoidFlag'))
  // A sale that is voided is one, also where the till signs the voiding line.
  const isTurned = voided && goods.local !== 'Return' && rung.quantityMilli < 0
  const quantityMilli = isTurned ? -rung.quantityMilli : rung.quantityMilli
  const discount = readDiscount(goods, field, fields)
  const isBefore =
    fields.version >= 6 && stated !== undefined && statesBefore(stated, extendMinor(unitPrice ?? 0, quantityMilli), discount, goods)
  const extended = stated === undefined ? extendMinor(actualPrice, quantityMilli) - discount : isBefore ? less(stated, discount) : stated
  const kind = goods.local === 'Return' || quantityMilli < 0 ? 'return' : 'sale'
  const itemId = textOf(goods, 'ItemID')
  const barcode = barcodeOf(goods)
  const original = kind === 'return' ? readOriginal(goods, fields) : undefined
  // Keys in the contract's order.
  const item = { lineNumber, kind } as LineItem
  if (itemId !== undefined) item.itemId = itemId as NonNullable<LineItem['itemId']>
  if (barcode !== undefined) item.barcode = barcode as NonNullable<LineItem['barcode']>
  item.description = (textOf(goods, 'Description') ?? textOf(goods, 'ReceiptDescription') ?? '').slice(0, 200)
  item.quantityMilli = kind === 'return' ? -Math.abs(quantityMilli) || 0 : quantityMilli
  item.unit = rung.unit
  item.unitPriceMinor = unitPrice ?? actualPrice
  item.discountMinor = kind === 'return' ? 0 - discount : discount
  item.amountMinor = (kind === 'return' && extended > 0) || (isTurned && extended < 0) ? -extended : extended
  item.voided = voided
  if (original !== undefined) item.original = original
  return { item, row, goods, rungNegative: extended < 0 || rung.quantityMilli < 0 }
}

const less = (amount: number, discount: number): number => (amount < 0 ? amount + discount : amount - discount)

/** Some tills extend the price and leave the discount beside it. They differ where the discount is not nothing, and price times quantity tells. */
const statesBefore = (stated: number, full: number, discount: number, goods: XmlNode): boolean => {
  if (discount === 0 || Math.abs(stated) === Math.abs(less(full, discount))) return false
  return Math.abs(stated) === Math.abs(full) || childOf(goods, 'NetAmount') !== undefined
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
  let first: XmlNode | undefined
  for (const identity of childrenOf(goods, 'POSIdentity')) {
    first ??= identity
    if (/^(?:EAN|UPC|GTIN|GS1)/i.test(attributeOf(identity, 'POSIDType') ?? '')) return textOf(identity, 'POSItemID')
  }
  return textOf(first, 'POSItemID')
}

/** Of several quantities (pieces, and what they weigh) the one that the price is for. */
const readQuantity = (
  goods: XmlNode,
  price: number,
  stated: number | undefined,
  field: string,
  fields: FieldReader,
): { quantityMilli: number; unit: Unit } => {
  const first = childOf(goods, 'Quantity')
  let chosen = first
  let quantityMilli = 1_000
  if (first && first.text.trim() !== '') quantityMilli = fields.quantity(first, field)
  const all = childrenOf(goods, 'Quantity')
  for (let at = 1; at < all.length && extendMinor(price, quantityMilli) !== stated; at += 1) {
    const other = all[at] as XmlNode
    const read = other.text.trim() === '' ? undefined : fields.quantity(other, field)
    if (read === undefined || extendMinor(price, read) !== stated) continue
    chosen = other
    quantityMilli = read
  }
  const code = (attributeOf(chosen, 'UnitOfMeasureCode') ?? '').toUpperCase()
  const unit = units[code]
  if (!unit) fields.warn(`${field}.Quantity: unit "${code}" is not known and was taken as each`)
  return { quantityMilli, unit: unit ?? 'each' }
}
