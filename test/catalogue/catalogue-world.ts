/** Stores, items with the ERP's prices, and readers that hold what a store holds: for tests of what reaches stores. */
import { applyPull } from '#hub/catalogue/apply.ts'
import { createFeedReader } from '#hub/catalogue/feed-page.ts'
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import { createStore } from '#hub/enrolment/enrolment.ts'
import type { ErpItem } from '#hub/posting/connector.ts'
import type { Database } from '#hub/storage/database.ts'
import { itemSchema, storeSettingsSchema } from '#sync/contract/catalogue.ts'
import { type FeedDocument, type FeedName, feedEntrySchema, feedDocumentSchemas } from '#sync/contract/feed.ts'
import { toInstant } from '#sync/core/instant.ts'
import { priceInForce } from '#sync/core/price-in-force.ts'

export const openStore = async (db: Database, storeId: string, currency = 'EUR'): Promise<void> => {
  await createStore(db, storeSettingsSchema.parse({ storeId, name: storeId, currency, timeZone: 'Europe/Berlin' }))
  await db.transaction().execute((trx) => publishCatalogueToStore(trx, storeId))
}

export const erpItem = (id: string, amountMinor: number, more: Partial<ErpItem> = {}, barcodes: string[] = []): ErpItem => ({
  item: itemSchema.parse({ itemId: id, name: `Item ${id}`, barcodes, unit: 'each', taxCode: 'T25', taxRateMicro: 250_000 }),
  ...{ erpId: `e${id}`, amountMinor, currency: 'EUR', listed: true, ...more },
})

export const pullItems = async (db: Database, items: ErpItem[], full = false) =>
  (await db.transaction().execute((trx) => applyPull(trx, { items, unreadable: [] }, full))).applied

/** A store that only reads one of its feeds: what it holds, and what it was told last. */
export const createStoreReader = <F extends FeedName>(db: Database, feed: F, storeId: string) => {
  const pages = createFeedReader(db, (work) => work())
  const held = new Map<string, FeedDocument<F>>()
  let after = 0
  return {
    held,
    sync: async (): Promise<number> => {
      const page = await pages.read({ feed, scope: storeId, after, limit: 5_000, maxBytes: 3_000_000 })
      for (const text of page.entries) {
        const { id, deleted, document } = feedEntrySchema.parse(JSON.parse(text))
        if (deleted) held.delete(id)
        else held.set(id, feedDocumentSchemas[feed].parse(document) as FeedDocument<F>)
      }
      after = page.checkpoint
      return page.entries.length
    },
  }
}

export const priceAt = (reader: { held: Map<string, FeedDocument<'prices'>> }, itemId: string, atMs: number): number | undefined =>
  priceInForce(
    [...reader.held.values()].filter((price) => price.itemId === itemId),
    toInstant(atMs),
  )?.amountMinor
