/** A receipt's `LineItem` rows by what they hold, found in one pass: goods, tenders, taxes and discounts each have readers of their own. */
import { isTrue, attributeOf, type XmlNode } from './xml-node.ts'

export interface ReceiptRow {
  row: XmlNode
  /** What makes it a row of its kind. */
  node: XmlNode
  index: number
}

export interface ReceiptRows {
  goods: ReceiptRow[]
  tenders: ReceiptRow[]
  taxes: ReceiptRow[]
  rewards: ReceiptRow[]
  discounts: ReceiptRow[]
}

const places: Record<string, keyof ReceiptRows> = {
  ...{ Sale: 'goods', Return: 'goods', SaleForPickUp: 'goods', SaleForPickup: 'goods', SaleForDelivery: 'goods' },
  ...{ CustomerOrderForPickUp: 'goods', CustomerOrderForPickup: 'goods', CustomerOrderForDelivery: 'goods' },
  ...{ Tender: 'tenders', Tax: 'taxes', LoyaltyReward: 'rewards', Discount: 'discounts' },
}

export const sortRows = (rows: readonly XmlNode[]): ReceiptRows => {
  const sorted: ReceiptRows = { goods: [], tenders: [], taxes: [], rewards: [], discounts: [] }
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] as XmlNode
    for (const node of row.children) {
      const place = node.isVendors === row.isVendors ? places[node.local] : undefined
      if (place !== undefined) sorted[place].push({ row, node, index })
    }
  }
  return sorted
}

export const isVoided = (node: XmlNode): boolean =>
  node.attributes.length > 0 &&
  (isTrue(attributeOf(node, 'VoidFlag')) || isTrue(attributeOf(node, 'CancelFlag')) || isTrue(attributeOf(node, 'DeleteFlag')))
