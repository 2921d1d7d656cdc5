/**
 * `TransactionLine`s to canonical goods, tenders, taxes and discounts. Refunded goods are negative however the till signs them; cancelled
 * and voided lines are kept and count for nothing. Fuel prices are finer than money: the exact ones are kept raw.
 */
import type { LineItem, ReceiptDiscount, Tax, Tender, Unit } from '../../contract/transaction.ts'
import { child, children, type Element, isFlagged, textOf } from './element.ts'
import type { EventFields } from './event-fields.ts'

export type RungLine = Omit<LineItem, 'itemId' | 'barcode'> & { itemId?: string; barcode?: string; takenOff: number }
export interface EventLines {
  goods: RungLine[]
  tenders: Tender[]
  taxes: Omit<Tax, 'inclusive'>[]
  discounts: ReceiptDiscount[]
  /** By place: "line 2 price". */
  exactPrices: Record<string, string>
}

const goodsLines = new Set(['ItemLine', 'FuelLine', 'MerchandiseCodeLine', 'FuelPrepayLine', 'FeeLine', 'MoneyOrderLine', 'CarWashLine'])

export const readEventLines = (event: Element, isRefund: boolean, fields: EventFields): EventLines => {
  const found: EventLines = { goods: [], tenders: [], taxes: [], discounts: [], exactPrices: {} }
  const rows = children(event, 'TransactionDetailGroup').flatMap((group) => children(group, 'TransactionLine'))
  const used = new Set<number>()
  for (const [index, row] of rows.entries()) {
    const voided = /^(?:cancel|void)/i.test(row.attributes.get('status') ?? '')
    const isGoods = row.children.some((part) => goodsLines.has(part.local))
    const lineNumber = lineNumberOf(row, index, isGoods ? used : new Set())
    if (isGoods) used.add(lineNumber)
    for (const part of row.children) {
      if (goodsLines.has(part.local)) found.goods.push(readGoods(part, { lineNumber, voided, isRefund }, fields, found.exactPrices))
      else if (part.local === 'TenderInfo') found.tenders.push({ ...readTender(part, fields), lineNumber, voided })
      else if (part.local === 'TransactionTax' && !voided) found.taxes.push(readTax(part, fields))
      else if ((part.local === 'TransactionDiscount' || part.local === 'Discount') && !voided)
        found.discounts.push(readDiscount(part, fields))
    }
  }
  return found
}

/** Tenders may share a number, goods may not. */
const lineNumberOf = (row: Element, index: number, used: ReadonlySet<number>): number => {
  const text = textOf(row, 'TransactionLineSequenceNumber') ?? ''
  const stated = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (stated > 0 && !used.has(stated)) return stated
  let free = index + 1
  while (used.has(free)) free += 1
  return free
}

const units: Record<string, Unit> = {
  EA: 'each',
  EACH: 'each',
  LTR: 'litre',
  L: 'litre',
  LITER: 'litre',
  LITRE: 'litre',
  KGM: 'kilogram',
  KG: 'kilogram',
  MTR: 'metre',
}

const unitOf = (line: Element, fields: EventFields): Unit => {
  const stated = (child(line, 'SalesQuantity')?.attributes.get('uom') ?? textOf(line, 'SalesUOM') ?? '').toUpperCase()
  if (stated === '') return line.local === 'FuelLine' && fields.currency !== 'USD' ? 'litre' : 'each'
  const unit = units[stated]
  if (!unit) fields.warn(`${line.local}.SalesQuantity: unit "${stated}" is not known and was taken as each`)
  return unit ?? 'each'
}

interface RungAs {
  lineNumber: number
  voided: boolean
  isRefund: boolean
}

const readGoods = (
  line: Element,
  { lineNumber, voided, isRefund }: RungAs,
  fields: EventFields,
  exactPrices: Record<string, string>,
): RungLine => {
  const amount = fields.money(line, 'SalesAmount', 'FeeAmount', 'MoneyOrderAmount') ?? 0
  const quantity = fields.quantity(line, 'SalesQuantity') ?? (amount < 0 ? -1_000 : 1_000)
  const isReturn = isRefund || quantity < 0 || (amount < 0 && !(quantity > 0 && textOf(line, 'SalesQuantity') !== undefined))
  const sign = isReturn && quantity > 0 ? -1 : 1
  const negated = isReturn && amount > 0 ? -amount : amount
  const price = fields.price(line, 'RegularSellPrice', 'ActualSalesPrice')
  if (price?.exact !== undefined) exactPrices[`line ${lineNumber} price`] = price.exact
  const takenOff = children(line, 'Promotion')
    .concat(children(line, 'Discount'))
    .reduce((sum, one) => sum + Math.abs(fields.money(one, 'PromotionAmount', 'DiscountAmount') ?? 0), 0)
  const code = child(line, 'ItemCode')
  const itemId =
    textOf(line, 'ItemID', 'InventoryItemID') ??
    (line.local === 'ItemLine' ? undefined : textOf(line, 'FuelGradeID', 'MerchandiseCode', 'FeeID'))
  const barcode = textOf(code, 'POSCode')
  return {
    lineNumber,
    kind: isReturn ? 'return' : 'sale',
    ...(itemId === undefined ? {} : { itemId }),
    ...(barcode === undefined ? {} : { barcode }),
    description: (textOf(line, 'Description') ?? '').slice(0, 200),
    quantityMilli: sign * quantity,
    unit: unitOf(line, fields),
    unitPriceMinor: price?.minor ?? 0,
    discountMinor: isReturn ? 0 - takenOff : takenOff,
    amountMinor: negated,
    voided,
    takenOff,
  }
}

const kinds: readonly [RegExp, Tender['kind']][] = [
  [/gift|voucher|coupon|certificate|foodstamp|ebt|wic/i, 'voucher'],
  [/credit|debit|card|mobile/i, 'card'],
  [/check|cheque/i, 'cheque'],
  [/loyal|points/i, 'loyalty'],
  [/account|house|fleet|drive/i, 'account'],
  [/^cash|currency/i, 'cash'],
]

export const readTender = (info: Element, fields: EventFields): Omit<Tender, 'lineNumber' | 'voided'> => {
  const code = textOf(child(info, 'Tender'), 'TenderCode') ?? ''
  const amount = fields.money(info, 'TenderAmount') ?? 0
  return {
    kind: kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'other',
    amountMinor: isFlagged(info, 'ChangeFlag') ? 0 - Math.abs(amount) : amount,
  }
}

const readTax = (tax: Element, fields: EventFields): Omit<Tax, 'inclusive'> => {
  const rateMicro = fields.percent(tax, 'TaxRate')
  return {
    code: (textOf(tax, 'TaxLevelID', 'TaxStrategyID') ?? 'tax').slice(0, 32),
    ...(rateMicro === undefined ? {} : { rateMicro }),
    taxableMinor: fields.money(tax, 'TaxableSalesAmount') ?? 0,
    taxMinor: (fields.money(tax, 'TaxCollectedAmount') ?? 0) - (fields.money(tax, 'TaxRefundedAmount') ?? 0),
  }
}

const readDiscount = (discount: Element, fields: EventFields): ReceiptDiscount => ({
  code: (textOf(discount, 'DiscountID', 'PromotionID') ?? '').slice(0, 64),
  description: (textOf(discount, 'DiscountReason', 'Description') ?? '').slice(0, 200),
  amountMinor: fields.money(discount, 'DiscountAmount', 'PromotionAmount') ?? 0,
})
