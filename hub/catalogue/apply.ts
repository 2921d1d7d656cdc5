/** Puts one pull's changes into the catalogue and every store's feeds, in the caller's one transaction. */
import { sql, type Transaction } from 'kysely'
import { type HubException, reportExceptions } from '../exception/exception.ts'
import type { PulledItems } from '../posting/connector.ts'
import type { Tables } from '../storage/tables.ts'
import { type CatalogueChanges, type CatalogueProblem, compareCatalogue } from './comparison.ts'
import { spreadErpPrices, spreadListings } from './erp-spread.ts'
import { writeFeed } from './feed.ts'
import { holdPrice, voidErpHeld } from './held-store.ts'
import { defaultJumpFactor } from './price-doubt.ts'
import { lockCatalogue, readKnown, upsertItems } from './rows.ts'
import { publishCatalogueToStore, unfilledStores } from './stores.ts'

export interface Applied {
  items: number
  prices: number
  listings: number
  problems: number
}

/** One item, and what of it the stores were told now. */
export interface ChangedItem {
  itemId: string
  what: readonly ('item' | 'price' | 'listed' | 'no longer listed')[]
}

export interface AppliedPull {
  applied: Applied
  looked: number
  changed: ChangedItem[]
}

const problemId = (problem: Pick<CatalogueProblem, 'itemId' | 'kind'>): string => `catalogue:${problem.kind}:${problem.itemId}`

const exceptionOf = (problem: CatalogueProblem): HubException => ({
  exceptionId: problemId(problem),
  kind: problem.kind,
  storeId: null,
  itemId: problem.itemId,
  message: `${problem.message} The stores keep what they had.`,
  amountMinor: problem.amountMinor,
  currency: problem.currency,
})

/** What was put right in the ERP is no exception any more. */
const resolve = (trx: Transaction<Tables>, changes: CatalogueChanges) =>
  sql`update exception set state = 'resolved', resolved_at = now()
      where exception_id like 'catalogue:%' and state = 'open' and item_id = any(${changes.looked})
        and not exception_id = any(${changes.problems.map(problemId)})`.execute(trx)

/** Feed order: items, then every store's prices, then every store's assortment. A store that has nothing yet receives all. */
export const applyPull = async (
  trx: Transaction<Tables>,
  pulled: Omit<PulledItems, 'cursor'>,
  full: boolean,
  jumpFactor = defaultJumpFactor,
): Promise<AppliedPull> => {
  await lockCatalogue(trx)
  const known = await readKnown(trx)
  const changes = compareCatalogue(pulled, known, full, jumpFactor)
  await upsertItems(trx, changes.items)
  await writeFeed(
    trx,
    'items',
    '*',
    changes.items.map(({ item }) => item),
  )
  await spreadErpPrices(trx, changes.prices, known.size === 0)
  await spreadListings(trx, changes.listings, known.size === 0)
  for (const storeId of await unfilledStores(trx)) await publishCatalogueToStore(trx, storeId)
  await holdErpPrices(trx, changes)
  await reportExceptions(trx, changes.problems.map(exceptionOf))
  await resolve(trx, changes)
  const applied = {
    items: changes.items.length,
    prices: changes.prices.length,
    listings: changes.listings.length,
    problems: changes.problems.length,
  }
  return { applied, looked: changes.looked.length, changed: changedItems(changes) }
}

const changedItems = ({ items, prices, listings }: CatalogueChanges): ChangedItem[] => {
  const what = new Map<string, ChangedItem['what'][number][]>()
  const note = (itemId: string, word: ChangedItem['what'][number]): void => void what.set(itemId, [...(what.get(itemId) ?? []), word])
  for (const { item } of items) note(item.itemId, 'item')
  for (const { itemId } of prices) note(itemId, 'price')
  for (const { itemId, listed } of listings) note(itemId, listed ? 'listed' : 'no longer listed')
  return [...what].map(([itemId, words]) => ({ itemId, what: words })).toSorted((a, b) => (a.itemId < b.itemId ? -1 : 1))
}

const holdErpPrices = async (trx: Transaction<Tables>, { held, looked }: CatalogueChanges): Promise<void> => {
  for (const { itemId, amountMinor, currency, listed, kind, message } of held) {
    const content = JSON.stringify({ amountMinor, currency, listed })
    await holdPrice(trx, { origin: 'erp', itemId, about: itemId, content, kind, message, exceptionId: problemId({ itemId, kind }) })
  }
  await voidErpHeld(
    trx,
    looked,
    held.map(({ itemId }) => itemId),
  )
}
