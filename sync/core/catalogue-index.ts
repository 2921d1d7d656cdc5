/** The store's catalogue in memory, indexed for look-ups: items, their prices, their barcodes, and what the store lists. */
import type { AssortmentEntry, Item, Price } from '../contract/catalogue.ts'

const noPrices: readonly Price[] = []

export class CatalogueIndex {
  readonly #items = new Map<string, Item>()
  readonly #pricesByItem = new Map<string, Price[]>()
  readonly #itemOfPrice = new Map<string, string>()
  readonly #listed = new Set<string>()
  readonly #itemsByBarcode = new Map<string, Set<string>>()

  item(itemId: string): Item | undefined {
    return this.#items.get(itemId)
  }

  prices(itemId: string): readonly Price[] {
    return this.#pricesByItem.get(itemId) ?? noPrices
  }

  isListed(itemId: string): boolean {
    return this.#listed.has(itemId)
  }

  itemIds(): Iterable<string> {
    return this.#items.keys()
  }

  itemIdsOfBarcode(barcode: string): string[] {
    return [...(this.#itemsByBarcode.get(barcode) ?? [])].toSorted()
  }

  putItem(item: Item): string {
    this.removeItem(item.itemId)
    this.#items.set(item.itemId, item)
    for (const barcode of item.barcodes) {
      const holders = this.#itemsByBarcode.get(barcode) ?? new Set()
      this.#itemsByBarcode.set(barcode, holders.add(item.itemId))
    }
    return item.itemId
  }

  removeItem(itemId: string): string {
    for (const barcode of this.#items.get(itemId)?.barcodes ?? []) {
      const holders = this.#itemsByBarcode.get(barcode)
      holders?.delete(itemId)
      if (holders?.size === 0) this.#itemsByBarcode.delete(barcode)
    }
    this.#items.delete(itemId)
    return itemId
  }

  /** The items whose price list changed: two when the price moved from one item to another. */
  putPrice(price: Price): string[] {
    const touched = this.removePrice(price.priceId)
    this.#pricesByItem.set(price.itemId, [...this.prices(price.itemId), price])
    this.#itemOfPrice.set(price.priceId, price.itemId)
    return [...touched, price.itemId]
  }

  removePrice(priceId: string): string[] {
    const itemId = this.#itemOfPrice.get(priceId)
    if (itemId === undefined) return []
    this.#itemOfPrice.delete(priceId)
    const rest = this.prices(itemId).filter((p) => p.priceId !== priceId)
    if (rest.length === 0) this.#pricesByItem.delete(itemId)
    else this.#pricesByItem.set(itemId, rest)
    return [itemId]
  }

  putAssortment(entry: AssortmentEntry): string {
    if (entry.listed) this.#listed.add(entry.itemId)
    else this.#listed.delete(entry.itemId)
    return entry.itemId
  }

  removeAssortment(itemId: string): string {
    this.#listed.delete(itemId)
    return itemId
  }
}
