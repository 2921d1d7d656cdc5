/**
 * The PLU list: every listed item with a price in force, and what changed between two moments. `next` carries the moment
 * from which it counts, also where an older price comes back after a promotion.
 */
import type { PluEntry, PluPublication } from '../contract/ipc.ts'
import type { Instant } from '../contract/vocabulary.ts'
import type { CatalogueIndex } from './catalogue-index.ts'
import { nextPriceChange, priceInForce } from './price-in-force.ts'

export type PluList = ReadonlyMap<string, PluEntry>

export const pluEntryAt = (catalogue: CatalogueIndex, itemId: string, at: Instant): PluEntry | null => {
  const item = catalogue.item(itemId)
  const price = priceInForce(catalogue.prices(itemId), at)
  if (!item || !price || !catalogue.isListed(itemId)) return null
  const change = nextPriceChange(catalogue.prices(itemId), at)
  return change?.price ? { item, price, next: { ...change.price, effectiveFrom: change.at } } : { item, price }
}

export const pluListAt = (catalogue: CatalogueIndex, at: Instant): PluList => {
  const list = new Map<string, PluEntry>()
  for (const itemId of catalogue.itemIds()) {
    const entry = pluEntryAt(catalogue, itemId, at)
    if (entry) list.set(itemId, entry)
  }
  return list
}

export const fullPublication = (list: PluList): PluPublication => ({ kind: 'full', entries: [...list.values()] })

const isSame = (a: PluEntry | undefined, b: PluEntry | undefined): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** `removed` names item ids. Null when nothing changed among the `touched` items (all of both lists when not given). */
export const deltaPublication = (
  before: PluList,
  after: PluList,
  touched: Iterable<string> = [...before.keys(), ...after.keys()],
): PluPublication | null => {
  const changed: PluEntry[] = []
  const removed: string[] = []
  for (const itemId of new Set(touched)) {
    const now = after.get(itemId)
    if (isSame(before.get(itemId), now)) continue
    if (now) changed.push(now)
    else removed.push(itemId)
  }
  return changed.length + removed.length > 0 ? { kind: 'delta', changed, removed } : null
}

/** The item a till means by a barcode: of several, the first that can be sold now. */
export const lookUpBarcode = (catalogue: CatalogueIndex, barcode: string, at: Instant): PluEntry | null => {
  for (const itemId of catalogue.itemIdsOfBarcode(barcode)) {
    const entry = pluEntryAt(catalogue, itemId, at)
    if (entry) return entry
  }
  return null
}

/** Items with a price that begins or ends between two moments, in either order: clocks are set back as well as forward. */
export const itemsChangingBetween = (catalogue: CatalogueIndex, a: Instant, b: Instant): string[] => {
  const [after, until] = a < b ? [a, b] : [b, a]
  const within = (at: Instant | undefined): boolean => at !== undefined && at > after && at <= until
  return [...catalogue.itemIds()].filter((id) => catalogue.prices(id).some((p) => within(p.effectiveFrom) || within(p.effectiveTo)))
}

/** The first moment after `at` at which any item's price begins or ends. */
export const nextChangeAfter = (catalogue: CatalogueIndex, at: Instant): Instant | null => {
  let next: Instant | null = null
  for (const itemId of catalogue.itemIds())
    for (const { effectiveFrom, effectiveTo } of catalogue.prices(itemId))
      for (const boundary of [effectiveFrom, effectiveTo])
        if (boundary !== undefined && boundary > at && (next === null || boundary < next)) next = boundary
  return next
}
