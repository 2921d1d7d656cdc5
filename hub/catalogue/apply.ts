/** Puts one pull's changes into the catalogue and every store's feeds, in the caller's one transaction. */
import { sql, type Transaction } from 'kysely'
import { type HubException, reportExceptions } from '../exception/exception.ts'
import type { PulledItems } from '../posting/connector.ts'
import type { Tables } from '../storage/tables.ts'
import { type CatalogueChanges, type CatalogueProblem, compareCatalogue } from './comparison.ts'
import { assortmentDocument, priceDocument } from './documents.ts'
import { writeFeed } from './feed.ts'
import { clockNow, itemsWithOwnPrices, replanPrices } from './replan.ts'
import { effectiveNow, erpPriceRow, insertPrices, lockCatalogue, readKnown, stateErpPrices, upsertAssortment, upsertItems } from './rows.ts'

export interface Applied {
  items: number
  prices: number
  listings: number
  problems: number
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

/** Feed order: items, then every store's prices, then every store's assortment. */
export const applyPull = async (trx: Transaction<Tables>, pulled: Omit<PulledItems, 'cursor'>, full: boolean): Promise<Applied> => {
  await lockCatalogue(trx)
  const changes = compareCatalogue(pulled, await readKnown(trx), full)
  const stores = await trx.selectFrom('store').select(['store_id', 'currency']).orderBy('store_id').execute()
  const now = await effectiveNow(trx)

  await upsertItems(trx, changes.items)
  await writeFeed(
    trx,
    'items',
    '*',
    changes.items.map(({ item }) => item),
  )
  await stateErpPrices(trx, changes.prices, now)
  // Where the chain's price is the only one, it is the store's; elsewhere what was stated decides.
  const own = await itemsWithOwnPrices(
    trx,
    changes.prices.map(({ itemId }) => itemId),
    now,
  )
  const everywhere = changes.prices.filter(({ itemId }) => !own.has(itemId))
  for (const store of stores) {
    const rows = everywhere.filter((price) => price.currency === store.currency).map((price) => erpPriceRow(store.store_id, price, now))
    await insertPrices(trx, rows)
    await writeFeed(trx, 'prices', store.store_id, rows.map(priceDocument))
  }
  await replanPrices(trx, [...own], 'all', await clockNow(trx))
  for (const store of stores) {
    const rows = changes.listings.map(({ itemId, listed }) => ({ store_id: store.store_id, item_id: itemId, listed }))
    await upsertAssortment(trx, rows)
    await writeFeed(trx, 'assortment', store.store_id, rows.map(assortmentDocument))
  }
  await reportExceptions(trx, changes.problems.map(exceptionOf))
  await resolve(trx, changes)
  return {
    items: changes.items.length,
    prices: changes.prices.length,
    listings: changes.listings.length,
    problems: changes.problems.length,
  }
}
