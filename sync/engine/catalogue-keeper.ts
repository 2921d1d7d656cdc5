/**
 * Keeps the catalogue in memory equal to what RxDB holds: loaded once at start, then changed after each write, all that was written
 * together in one go. Nothing of it is shown before it is whole.
 */
import type { AssortmentEntry, Item, PostingState, Price, StoreSettings } from '#sync/contract/catalogue.ts'
import { feedDocumentSchemas, type FeedName } from '#sync/contract/feed.ts'
import type { SyncSettings } from '#sync/contract/traffic.ts'
import { CatalogueIndex } from '#sync/core/catalogue-index.ts'
import type { PluEntry, PriceBasis } from '#sync/contract/ipc.ts'
import type { HubEpoch, Instant } from '#sync/contract/vocabulary.ts'
import { lookUpBarcode } from '#sync/core/plu.ts'
import { overridePriceId } from '#sync/core/override-prices.ts'
import { priceInForce } from '#sync/core/price-in-force.ts'
import { viewBounds, type OwnPrice, type ReceivedPrice } from '#sync/core/manager-view.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { FeedDoc } from '#sync/store/schemas.ts'
import { LocalOverrides } from './local-overrides.ts'

/** More of its own prices than a store makes while its journal keeps them. */
const mostOverrides = 2_000

const catalogueFeeds = ['items', 'prices', 'assortment', 'settings'] as const satisfies readonly FeedName[]

export class CatalogueKeeper {
  readonly index = new CatalogueIndex()
  settings: StoreSettings | undefined
  /** How the store talks to the centre; undefined until the hub has said so. */
  syncSettings: SyncSettings | undefined
  #isWhole = false
  readonly #prices = new Map<string, FeedDoc>()
  #newest: FeedDoc[] | null = null
  /** Of the hub's data that the prices are from. */
  #epoch: HubEpoch | undefined
  readonly overrides = new LocalOverrides({ index: this.index, prices: this.#prices, epoch: () => this.#epoch ?? null })

  async load(store: Store): Promise<void> {
    for (const feed of catalogueFeeds)
      for (const doc of await store.feeds[feed].all()) this.put(feed, { ...doc, document: feedDocumentSchemas[feed].parse(doc.document) })
  }

  /** The store's own prices, and the hub's word on them. */
  async loadOverrides(store: Store, incarnation: string): Promise<void> {
    const docs = await store.records.newestOfKind(incarnation, 'price-override', mostOverrides)
    for (const { record } of docs.toReversed()) this.overrides.add(record)
    for (const { document } of await store.feeds.postings.of(this.overrides.keys()))
      this.overrides.heard(feedDocumentSchemas.postings.parse(document))
  }

  /** What an own price of the store would be based on; null before the catalogue is whole. */
  basisOf(itemId: string, now: Instant, at: Instant = now): PriceBasis | null {
    if (!this.#isWhole) return null
    let checkpoint = 0
    for (const doc of this.#prices.values()) checkpoint = Math.max(checkpoint, doc.checkpoint)
    const price = this.index.isListed(itemId) ? priceInForce(this.index.prices(itemId), at) : null
    return { now, checkpoint, ...(this.#epoch === undefined ? {} : { epoch: this.#epoch }), price }
  }

  /** The items whose price may differ now. */
  setEpoch(epoch: HubEpoch | undefined): string[] {
    if (epoch === this.#epoch) return []
    this.#epoch = epoch
    return this.overrides.settleAll()
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
        return this.#settled(this.index.putPrice(doc.document as Price))
      case 'assortment':
        return [this.index.putAssortment(doc.document as AssortmentEntry)]
      case 'settings':
        this.#putSettings(doc.document as StoreSettings | SyncSettings)
        return []
      case 'postings':
        return this.overrides.heard(doc.document as PostingState)
    }
  }

  #settled(itemIds: string[]): string[] {
    this.overrides.settle(itemIds)
    return itemIds
  }

  remove(feed: FeedName, id: string): string[] {
    switch (feed) {
      case 'items':
        return [this.index.removeItem(id)]
      case 'prices':
        this.#prices.delete(id)
        this.#newest = null
        return this.#settled(this.index.removePrice(id))
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

  /** Newest first. */
  ownPrices(): OwnPrice[] {
    if (!this.#isWhole) return []
    return this.overrides.newest(viewBounds.ownPrices).map(({ seq, override }) => ({
      ...{ seq, override, item: this.index.item(override.itemId), siblings: this.index.prices(override.itemId) },
      fed: this.#prices.get(overridePriceId(override))?.document as Price | undefined,
      word: this.overrides.wordOn(override),
    }))
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
