/**
 * The store's own prices, in force at its tills as soon as their record is in the journal, with or without a hub. Each holds against
 * central changes that the store had not seen, until the hub's word is here: then the feed's prices alone hold, whichever way it went.
 *
 *   record ─▶ pending: its prices are beside the feed's ─▶ its price stands in the feed, or word of it came ─▶ gone from here
 */
import type { PostingState, Price } from '#sync/contract/catalogue.ts'
import { isPriceOverrideKey, priceOverrideKeyOf, priceOverrideSchema, type PriceOverride } from '#sync/contract/price-override.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { CatalogueIndex } from '#sync/core/catalogue-index.ts'
import { changesAgainst, isStorePrice, overridePriceId, overridePrices, type CentralPrice } from '#sync/core/override-prices.ts'
import type { FeedDoc } from '#sync/store/schemas.ts'

export interface LocalOverride {
  seq: number
  override: PriceOverride
}

export interface LocalOverridesPorts {
  index: CatalogueIndex
  /** What the feed has, by price id. */
  prices: ReadonlyMap<string, FeedDoc>
  /** Of the feed's checkpoints; null with a hub that names none. */
  epoch(): string | null
}

const read = (record: TidelineRecord): PriceOverride | null => {
  try {
    return priceOverrideSchema.safeParse(JSON.parse(record.payload)).data ?? null
  } catch {
    return null
  }
}

export class LocalOverrides {
  readonly #ports: LocalOverridesPorts
  /** The first of each id counts. */
  readonly #known = new Map<string, LocalOverride>()
  readonly #ofItem = new Map<string, LocalOverride[]>()
  readonly #words = new Map<string, PostingState>()
  /** Ids of the prices that are in the index for an item and not in the feed. */
  readonly #made = new Map<string, string[]>()

  constructor(ports: LocalOverridesPorts) {
    this.#ports = ports
  }

  /** In the journal's order. The item whose price may differ now. */
  add(record: TidelineRecord): string[] {
    const override = read(record)
    const key = override && priceOverrideKeyOf(override)
    if (!override || !key || this.#known.has(key)) return []
    const local = { seq: record.seq, override }
    this.#known.set(key, local)
    this.#ofItem.set(override.itemId, [...(this.#ofItem.get(override.itemId) ?? []), local])
    this.settle([override.itemId])
    return [override.itemId]
  }

  /** The hub's word on one. */
  heard(word: PostingState): string[] {
    if (!isPriceOverrideKey(word.naturalKey)) return []
    this.#words.set(word.naturalKey, word)
    const itemId = this.#known.get(word.naturalKey)?.override.itemId
    if (itemId === undefined) return []
    this.settle([itemId])
    return [itemId]
  }

  /** What the feed has of these items changed. */
  settle(itemIds: readonly string[]): void {
    const { index, prices } = this.#ports
    for (const itemId of itemIds) {
      const overrides = this.#ofItem.get(itemId)
      if (!overrides) continue
      for (const id of this.#made.get(itemId) ?? []) if (!prices.has(id)) index.removePrice(id)
      const pending = overrides.filter((local) => this.#isPending(local))
      const own = pending.length === 0 ? [] : this.#pricesOf(itemId, pending)
      for (const price of own) index.putPrice(price)
      this.#made.set(
        itemId,
        own.map(({ priceId }) => priceId),
      )
    }
  }

  settleAll(): string[] {
    const itemIds = [...this.#ofItem.keys()]
    this.settle(itemIds)
    return itemIds
  }

  /** Newest first. */
  newest(limit: number): LocalOverride[] {
    return [...this.#known.values()].toSorted((a, b) => b.seq - a.seq).slice(0, limit)
  }

  keys(): string[] {
    return [...this.#known.keys()]
  }

  wordOn(override: PriceOverride): PostingState | undefined {
    return this.#words.get(priceOverrideKeyOf(override))
  }

  #isPending({ override }: LocalOverride): boolean {
    return !this.#ports.prices.has(overridePriceId(override)) && !this.#words.has(priceOverrideKeyOf(override))
  }

  #pricesOf(itemId: string, pending: readonly LocalOverride[]): Price[] {
    const { index, prices, epoch } = this.#ports
    const central = index.prices(itemId).flatMap((price): CentralPrice[] => {
      const doc = prices.get(price.priceId)
      return doc && !isStorePrice(price.priceId) ? [{ price, checkpoint: doc.checkpoint }] : []
    })
    return pending
      .flatMap(({ override }) => overridePrices(override, changesAgainst(override, central, epoch())))
      .filter(({ priceId }) => !prices.has(priceId))
  }
}
