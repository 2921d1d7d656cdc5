/**
 * What the ERP says now against what the hub has: pure. Doubtful values become problems and what was there stays;
 * everything else becomes changes. Applying the changes and comparing again yields none.
 */
import type { Item } from '#sync/contract/catalogue.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import type { ErpItem, PulledItems } from '../posting/connector.ts'
import { amountText } from '../posting/decimal.ts'

export interface KnownItem {
  item: Item
  erpId: string | null
  /** The shelf price last taken from the ERP; undefined before the first. */
  amountMinor: number | undefined
  currency: string | undefined
  listed: boolean
}

export type ProblemKind = Extract<ExceptionKind, `PRICE_${string}` | 'BARCODE_ON_TWO_ITEMS' | 'ITEM_UNREADABLE'>
export interface CatalogueProblem {
  kind: ProblemKind
  itemId: string
  message: string
  amountMinor?: number
  currency?: string
}

export interface CatalogueChanges {
  items: { item: Item; erpId: string }[]
  /** New shelf prices, for every store. */
  prices: { itemId: string; amountMinor: number; currency: string }[]
  listings: { itemId: string; listed: boolean }[]
  problems: CatalogueProblem[]
  /** Items of this pull: a problem of theirs that is not in `problems` any more is settled. */
  looked: string[]
}

/** A price a hundred times higher or lower is a decimal point in the wrong place. */
export const jumpFactor = 100

const priceProblem = (erp: ErpItem, known: KnownItem | undefined): CatalogueProblem | null => {
  const { itemId, name } = erp.item
  const stated = { itemId, amountMinor: erp.amountMinor, currency: erp.currency }
  const now = amountText(erp.amountMinor, erp.currency)
  if (erp.amountMinor <= 0) return { ...stated, kind: 'PRICE_NOT_POSITIVE', message: `The ERP's price of ${itemId} (${name}) is ${now}.` }
  if (known?.currency !== undefined && known.currency !== erp.currency)
    return {
      ...stated,
      kind: 'PRICE_IN_OTHER_CURRENCY',
      message: `The ERP's price of ${itemId} (${name}) is in ${erp.currency}, the stores sell in ${known.currency}.`,
    }
  const before = known?.amountMinor
  if (before === undefined || (erp.amountMinor < before * jumpFactor && erp.amountMinor * jumpFactor > before)) return null
  return {
    ...stated,
    kind: 'PRICE_JUMP',
    message: `The ERP's price of ${itemId} (${name}) went from ${amountText(before, erp.currency)} to ${now}.`,
  }
}

/** Who has each barcode after the change: items that had it before come first, then the lower item number. */
const ownersOf = (pulled: readonly ErpItem[], known: ReadonlyMap<string, KnownItem>): Map<string, string> => {
  const after = new Map([...known].map(([itemId, k]): [string, readonly string[]] => [itemId, k.item.barcodes]))
  for (const { item } of pulled) after.set(item.itemId, item.barcodes)
  const hadIt = (itemId: string, barcode: string): boolean => known.get(itemId)?.item.barcodes.some((b) => b === barcode) ?? false
  const owners = new Map<string, string>()
  for (const itemId of [...after.keys()].sort())
    for (const barcode of after.get(itemId) ?? []) {
      const owner = owners.get(barcode)
      if (owner === undefined || (!hadIt(owner, barcode) && hadIt(itemId, barcode))) owners.set(barcode, itemId)
    }
  return owners
}

const sameItem = (a: Item, b: Item): boolean =>
  a.name === b.name &&
  a.unit === b.unit &&
  a.taxCode === b.taxCode &&
  a.taxRateMicro === b.taxRateMicro &&
  a.barcodes.length === b.barcodes.length &&
  a.barcodes.every((barcode, index) => barcode === b.barcodes[index])

/** `full`: the pull holds every sellable item, so that one it lacks is no longer listed. */
export const compareCatalogue = (
  { items: pulled, unreadable }: Omit<PulledItems, 'cursor'>,
  known: ReadonlyMap<string, KnownItem>,
  full: boolean,
): CatalogueChanges => {
  const newest = new Map(pulled.map((erp) => [erp.item.itemId as string, erp]))
  const owners = ownersOf([...newest.values()], known)
  const changes: CatalogueChanges = { items: [], prices: [], listings: [], problems: [], looked: [...newest.keys()] }
  for (const [itemId, erp] of [...newest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const before = known.get(itemId)
    const problems: CatalogueProblem[] = []
    const contested = erp.item.barcodes.filter((barcode) => owners.get(barcode) !== itemId)
    for (const barcode of contested)
      problems.push({
        kind: 'BARCODE_ON_TWO_ITEMS',
        itemId,
        message: `The ERP gives barcode ${barcode} to ${itemId} (${erp.item.name}) too; it stays with ${owners.get(barcode)}.`,
      })
    const item: Item = { ...erp.item, barcodes: [...new Set(erp.item.barcodes)].filter((barcode) => !contested.includes(barcode)) }
    const doubt = priceProblem(erp, before)
    if (doubt) problems.push(doubt)
    if (!before || before.erpId !== erp.erpId || !sameItem(before.item, item)) changes.items.push({ item, erpId: erp.erpId })
    if (!doubt && before?.amountMinor !== erp.amountMinor)
      changes.prices.push({ itemId, amountMinor: erp.amountMinor, currency: erp.currency })
    // An item without any sound price must not reach a till's list.
    const listed = erp.listed && (!doubt || before?.amountMinor !== undefined)
    if (!before || before.listed !== listed) changes.listings.push({ itemId, listed })
    changes.problems.push(...problems)
  }
  const itemIdOf = new Map([...known].flatMap(([itemId, k]) => (k.erpId === null ? [] : [[k.erpId, itemId] as const])))
  for (const { erpId, message } of unreadable)
    changes.problems.push({
      kind: 'ITEM_UNREADABLE',
      itemId: itemIdOf.get(erpId) ?? erpId,
      message: `The ERP's item ${erpId} cannot be used: ${message}`,
    })
  const unread = new Set(unreadable.map((item) => item.erpId))
  if (full)
    for (const [itemId, before] of known)
      if (before.erpId !== null && before.listed && !newest.has(itemId) && !unread.has(before.erpId))
        changes.listings.push({ itemId, listed: false })
  return changes
}
