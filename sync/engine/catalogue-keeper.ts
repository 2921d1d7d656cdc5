/**
 * Keeps the catalogue in memory equal to what RxDB holds: loaded once at start, then changed after each write, all that was written
 * together in one go. Nothing of it is shown before it is whole.
 */
import type { AssortmentEntry, Item, Price, StoreSettings } from '#sync/contract/catalogue.ts'
import { feedDocumentSchemas, type FeedName } from '#sync/contract/feed.ts'
import type { SyncSettings } from '#sync/contract/traffic.ts'
import { CatalogueIndex } from '#sync/core/catalogue-index.ts'
import type { PluEntry } from '#sync/contract/ipc.ts'
import type { Instant } from '#sync/contract/vocabulary.ts'
import { lookUpBarcode } from '#sync/core/plu.ts'
import { viewBounds, type ReceivedPrice } from '#sync/core/manager-view.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedDoc } from '#sync/store/schemas.ts'

const catalogueFeeds = ['items', 'prices', 'assortment', 'settings'] as const satisfies readonly FeedName[]

export class CatalogueKeeper {
  readonly index = new CatalogueIndex()
  settings: StoreSettings | undefined
  /** How the store talks to the centre; undefined until the hub has said so. */
  syncSettings: SyncSettings | undefined
  #isWhole = false
  readonly #prices = new Map<string, FeedDoc>()
  #newest: FeedDoc[] | null = null

  async load(store: Store): Promise<void> {
    for (const feed of catalogueFeeds)
      for (const doc of await store.feeds[feed].all()) this.put(feed, { ...doc, document: feedDocumentSchemas[feed].parse(doc.document) })
  }

  /** From now on look-ups and view see it. */
  begin(): void {
    this.#isWhole = true
  }

  lookUp(barcode: string, at: Instant): PluEntry | null {
    return this.#isWhole ? lookUpBarcode(this.index, barcode, at) : null
  }

  /** The items whose sale or price may differ now. The document is one of its feed. */
  put(feed: FeedName, doc: FeedDoc): string[] {
    switch (feed) {
      case 'items':
        return [this.index.putItem(doc.document as Item)]
      case 'prices':
        this.#prices.set(doc.id, doc)
        this.#newest = null
        return this.index.putPrice(doc.document as Price)
      case 'assortment':
        return [this.index.putAssortment(doc.document as AssortmentEntry)]
      case 'settings':
        this.#putSettings(doc.document as StoreSettings | SyncSettings)
        return []
      case 'postings':
        return []
    }
  }

  remove(feed: FeedName, id: string): string[] {
    switch (feed) {
      case 'items':
        return [this.index.removeItem(id)]
      case 'prices':
        this.#prices.delete(id)
        this.#newest = null
        return this.index.removePrice(id)
      case 'assortment':
        return [this.index.removeAssortment(id)]
      case 'settings':
        if (id.startsWith('sync:')) this.syncSettings = undefined
        else this.settings = undefined
        return []
      case 'postings':
        return []
    }
  }

  #putSettings(document: StoreSettings | SyncSettings): void {
    if ('kind' in document) this.syncSettings = document
    else this.settings = document
  }

  /** What a price overwrites: the amount that a new version takes the place of. */
  overwrittenMinor(priceId: string, amountMinor: number): number | undefined {
    const known = this.#prices.get(priceId)
    if (!known) return undefined
    const knownMinor = (known.document as Price).amountMinor
    return knownMinor === amountMinor ? known.overwrittenMinor : knownMinor
  }

  newestPrices(): ReceivedPrice[] {
    if (!this.#isWhole) return []
    this.#newest ??= [...this.#prices.values()].toSorted((a, b) => b.checkpoint - a.checkpoint).slice(0, viewBounds.priceChanges)
    return this.#newest.map((doc) => {
      const price = doc.document as Price
      return {
        price,
        item: this.index.item(price.itemId),
        siblings: this.index.prices(price.itemId),
        overwrittenMinor: doc.overwrittenMinor,
        receivedAtMs: doc.receivedAtMs,
      }
    })
  }
}
