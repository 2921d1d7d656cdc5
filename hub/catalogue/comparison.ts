/**
 * What the ERP says now against what the hub has: pure. Doubtful values become problems and what was there stays;
 * everything else becomes changes. Applying the changes and comparing again yields none.
 */
import type { Item } from '#sync/contract/catalogue.ts'
import type { ExceptionKind } from '../exception/kinds.ts'
import type { ErpItem, PulledItems } from '../posting/connector.ts'
import { readBarcode } from '../identity/barcode.ts'
import { defaultJumpFactor, doubtOf } from './price-doubt.ts'

export interface KnownItem {
  item: Item
  erpId: string | null
  /** The shelf price last taken from the ERP; undefined before the first. */
  amountMinor: number | undefined
  currency: string | undefined
  listed: boolean
  /** A price of the ERP's that a person refused: it is not asked about again. */
  rejected?: { amountMinor: number; currency: string } | undefined
}

export type ProblemKind = Extract<ExceptionKind, `PRICE_${string}` | 'BARCODE_ON_TWO_ITEMS' | 'ITEM_UNREADABLE' | 'TWO_MASTERS'>
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
  /** Prices that wait for a person; each is among the problems as well. */
  held: { itemId: string; amountMinor: number; currency: string; listed: boolean; kind: ProblemKind; message: string }[]
  /** Items of this pull: a problem of theirs that is not in `problems` any more is settled. */
  looked: string[]
}

type PriceJudgement = { problem: CatalogueProblem; isHeld: boolean } | 'rejected' | null

const judgePrice = (erp: ErpItem, known: KnownItem | undefined, jumpFactor: number): PriceJudgement => {
  const { itemId, name } = erp.item
  const stated = { itemId, amountMinor: erp.amountMinor, currency: erp.currency }
  if (known?.currency !== undefined && known.currency !== erp.currency) {
    const message = `The ERP's price of ${itemId} (${name}) is in ${erp.currency}, the stores sell in ${known.currency}.`
    return { problem: { ...stated, kind: 'PRICE_IN_OTHER_CURRENCY', message }, isHeld: false }
  }
  const doubt = doubtOf(erp.amountMinor, known?.amountMinor, erp.currency, jumpFactor)
  if (!doubt) return null
  if (known?.rejected?.amountMinor === erp.amountMinor && known.rejected.currency === erp.currency) return 'rejected'
  // Less than nothing is no price at all: nobody can confirm it.
  const isHeld = erp.amountMinor >= 0
  return { problem: { ...stated, kind: doubt.kind, message: `The ERP's price of ${itemId} (${name}) ${doubt.words}.` }, isHeld }
}

/** Of two records of the ERP that claim one item the one that had it keeps it; in a full pull the other has gone when it is not there. */
const mastersOf = (pulled: readonly ErpItem[], known: ReadonlyMap<string, KnownItem>, full: boolean) => {
  const masters = new Map<string, ErpItem>()
  const problems: CatalogueProblem[] = []
  const claims = new Map<string, Map<string, ErpItem>>()
  for (const erp of pulled) claims.set(erp.item.itemId, (claims.get(erp.item.itemId) ?? new Map<string, ErpItem>()).set(erp.erpId, erp))
  for (const [itemId, byRecord] of claims) {
    const owner = known.get(itemId)?.erpId ?? null
    const records = [...byRecord.keys()].sort()
    const keeper = owner !== null && (byRecord.has(owner) || !full) ? owner : (records[0] ?? '')
    const master = byRecord.get(keeper)
    if (master) masters.set(itemId, master)
    const others = records.filter((record) => record !== keeper)
    if (others.length === 0) continue
    const message = `The ERP's records ${[keeper, ...others].join(' and ')} are both item ${itemId}; it stays with ${keeper}.`
    problems.push({ kind: 'TWO_MASTERS', itemId, message })
  }
  return { masters, problems }
}

/** The same barcode however it is spelt. */
const keyOf = (barcode: string): string => readBarcode(barcode, []).keys[0] ?? barcode

/** Who has each barcode after the change: items that had it before come first, then the lower item number. */
const ownersOf = (pulled: readonly ErpItem[], known: ReadonlyMap<string, KnownItem>): Map<string, string> => {
  const after = new Map([...known].map(([itemId, k]): [string, readonly string[]] => [itemId, k.item.barcodes]))
  for (const { item } of pulled) after.set(item.itemId, item.barcodes)
  const keysBefore = new Map([...known].map(([itemId, k]) => [itemId, new Set(k.item.barcodes.map(keyOf))]))
  const hadIt = (itemId: string, key: string): boolean => keysBefore.get(itemId)?.has(key) ?? false
  const owners = new Map<string, string>()
  for (const itemId of [...after.keys()].sort())
    for (const barcode of after.get(itemId) ?? []) {
      const key = keyOf(barcode)
      const owner = owners.get(key)
      if (owner === undefined || (!hadIt(owner, key) && hadIt(itemId, key))) owners.set(key, itemId)
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
  jumpFactor = defaultJumpFactor,
): CatalogueChanges => {
  const { masters: newest, problems: doubles } = mastersOf(pulled, known, full)
  const owners = ownersOf([...newest.values()], known)
  const changes: CatalogueChanges = { items: [], prices: [], listings: [], problems: doubles, held: [], looked: [...newest.keys()] }
  for (const [itemId, erp] of [...newest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const before = known.get(itemId)
    const problems: CatalogueProblem[] = []
    const contested = erp.item.barcodes.filter((barcode) => owners.get(keyOf(barcode)) !== itemId)
    for (const barcode of contested)
      problems.push({
        kind: 'BARCODE_ON_TWO_ITEMS',
        itemId,
        message: `The ERP gives barcode ${barcode} to ${itemId} (${erp.item.name}) too; it stays with ${owners.get(keyOf(barcode))}.`,
      })
    const item: Item = { ...erp.item, barcodes: [...new Set(erp.item.barcodes)].filter((barcode) => !contested.includes(barcode)) }
    const doubt = judgePrice(erp, before, jumpFactor)
    if (doubt && doubt !== 'rejected') {
      const { kind, message } = doubt.problem
      problems.push(doubt.isHeld ? { ...doubt.problem, message: `${message} It waits until somebody confirms it.` } : doubt.problem)
      if (doubt.isHeld)
        changes.held.push({ itemId, amountMinor: erp.amountMinor, currency: erp.currency, listed: erp.listed, kind, message })
    }
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
