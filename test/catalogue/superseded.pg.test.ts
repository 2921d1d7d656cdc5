/** Prices come and go while a store is away: what it receives when it comes back, and what is in force there. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFeedReader } from '#hub/catalogue/feed-page.ts'
import { writeFeed } from '#hub/catalogue/feed.ts'
import { insertPrices, type PriceRow } from '#hub/catalogue/rows.ts'
import { priceDocument } from '#hub/catalogue/documents.ts'
import { publishCatalogueToStore } from '#hub/catalogue/stores.ts'
import { compactPrices } from '#hub/catalogue/superseded.ts'
import { createStore } from '#hub/enrolment/enrolment.ts'
import type { Database } from '#hub/storage/database.ts'
import { priceSchema, storeSettingsSchema, type Price } from '#sync/contract/catalogue.ts'
import { feedEntrySchema } from '#sync/contract/feed.ts'
import { toInstant } from '#sync/core/instant.ts'
import { isSuperseded, priceInForce } from '#sync/core/price-in-force.ts'
import { withDatabase } from '../hub/database.ts'

const server = withDatabase()

const start = Date.UTC(2026, 0, 1)
const at = (minute: number): Date => new Date(start + minute * 60_000)
const items = ['I0', 'I1', 'I2', 'I3']

/** A store that only reads its prices. */
const createReader = (db: Database, storeId: string) => {
  const pages = createFeedReader(db, (work) => work())
  const held = new Map<string, Price>()
  let after = 0
  return {
    held,
    position: () => after,
    /** All that was written since the last time, in one page. */
    sync: async () => {
      const page = await pages.read({ feed: 'prices', scope: storeId, after, limit: 2_000, maxBytes: 3_000_000 })
      const entries = page.entries.map((text) => feedEntrySchema.parse(JSON.parse(text)))
      const unknown = entries.filter((entry) => entry.deleted && !held.has(entry.id))
      for (const { id, deleted, document } of entries) deleted ? held.delete(id) : held.set(id, priceSchema.parse(document))
      after = page.checkpoint
      return { live: entries.filter((entry) => !entry.deleted), unknown }
    },
  }
}

const openStore = async (db: Database, storeId: string): Promise<void> => {
  await createStore(db, storeSettingsSchema.parse({ storeId, name: storeId, currency: 'EUR', timeZone: 'Europe/Berlin' }))
}

type Step = { item: number; from: number; lasts: number | null } | 'sync' | 'compact'
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      item: fc.nat(items.length - 1),
      from: fc.integer({ min: -3, max: 6 }),
      lasts: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>('sync') },
  { weight: 2, arbitrary: fc.constant<Step>('compact') },
)

let stores = 0

it('[PRC5] a store that comes back receives the newest prices once, and has in force what the hub has, at every moment from then on', async () => {
  const { db } = await server.fresh()
  await db
    .insertInto('item')
    .values(
      items.map((item_id) => ({ item_id, name: item_id, barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 0, erp_id: null })),
    )
    .execute()
  const write = async (storeId: string, known: Price[], price: { item: number; from: number; lasts: number | null }, minute: number) => {
    const from = minute + price.from
    const row: PriceRow = {
      ...{
        price_id: `${storeId}-${known.length}`,
        item_id: items[price.item] ?? '',
        store_id: storeId,
        amount_minor: known.length + 1,
        currency: 'EUR',
      },
      ...{ effective_from: at(from), effective_to: price.lasts === null ? null : at(from + price.lasts), source: 'operator' },
    }
    await db.transaction().execute(async (trx) => {
      await insertPrices(trx, [row])
      await writeFeed(trx, 'prices', storeId, [priceDocument(row)])
    })
    known.push(priceDocument(row))
  }
  const run = async (steps: readonly Step[]): Promise<void> => {
    stores += 1
    const storeId = `S${stores}`
    await openStore(db, storeId)
    const reader = createReader(db, storeId)
    const known: Price[] = []
    let lastSync = 0
    for (const [minute, each] of [...steps, 'compact' as const, 'sync' as const].entries()) {
      if (each === 'compact') await compactPrices(db, storeId, at(minute))
      else if (each !== 'sync') await write(storeId, known, each, minute)
      else {
        await compactPrices(db, storeId, at(minute))
        const { live, unknown } = await reader.sync()
        expect(unknown).toEqual([])
        const news = known.slice(lastSync)
        lastSync = known.length
        // One for each item that changed, and what is still to begin, or comes back when something shorter ends.
        const since = toInstant(at(minute).getTime())
        const changed = new Set(news.map((price) => price.itemId)).size
        const later = news.filter((price) => price.effectiveFrom > since).length
        const ending = news.filter((price) => price.effectiveTo !== undefined).length
        expect(live.length).toBeLessThanOrEqual(changed + later + ending)
        expect([...reader.held.keys()].toSorted()).toEqual(
          known
            .filter(
              (price) =>
                !isSuperseded(
                  price,
                  known.filter((other) => other.itemId === price.itemId),
                  since,
                ),
            )
            .map((price) => price.priceId)
            .toSorted(),
        )
        for (const itemId of items)
          for (let m = minute; m < minute + 20; m++) {
            const of = (prices: Iterable<Price>) =>
              priceInForce(
                [...prices].filter((price) => price.itemId === itemId),
                toInstant(at(m).getTime()),
              )
            expect(of(reader.held.values())).toEqual(of(known))
          }
      }
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), run), { numRuns: 40 })
})

it('[PRC5] a thousand changes of one price cost a store that was away one entry, and publishing everything again brings none back', async () => {
  const { db } = await server.fresh()
  await openStore(db, 'S1')
  await db
    .insertInto('item')
    .values({ item_id: 'I0', name: 'I0', barcodes: [], unit: 'each', tax_code: 'A', tax_rate_micro: 0, erp_id: null })
    .execute()
  const rows = (from: number, to: number): PriceRow[] =>
    Array.from({ length: to - from }, (_, n) => ({
      ...{ price_id: `p${from + n}`, item_id: 'I0', store_id: 'S1', amount_minor: from + n + 1, currency: 'EUR' },
      ...{ effective_from: at(from + n), effective_to: null, source: 'operator' },
    }))
  const write = (written: PriceRow[]) =>
    db.transaction().execute(async (trx) => {
      await insertPrices(trx, written)
      await writeFeed(trx, 'prices', 'S1', written.map(priceDocument))
    })
  const [away, wiped] = [createReader(db, 'S1'), createReader(db, 'S1')]
  await write(rows(0, 1))
  await away.sync()
  await write(rows(1, 1_001))
  expect(await compactPrices(db, 'S1', at(2_000))).toBe(1_000)
  expect(await compactPrices(db, 'S1', at(2_000))).toBe(0)
  expect((await away.sync()).live.map(({ id }) => id)).toEqual(['p1000'])
  expect([...away.held.keys()]).toEqual(['p1000'])
  await db.transaction().execute((trx) => publishCatalogueToStore(trx, 'S1'))
  expect((await wiped.sync()).live.map(({ id }) => id)).toEqual(['p1000'])
  expect(away.position()).toBe(wiped.position())
})
