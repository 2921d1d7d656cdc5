/** Reads what one store's day is judged by: what its tills stated, and the master as it holds for that store and day. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { readIdentities } from '../identity/identities.ts'
import { canonicalWord } from '../identity/canonical-words.ts'
import { readWordMaster } from '../identity/word-totals.ts'
import { resolveLine, type TillLine } from '../identity/resolve.ts'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'
import type { Basket, SoldItem, TaxMaster } from './judge-day.ts'
import { isInForce } from './rate.ts'
import type { TillTax } from './statement.ts'

export interface DayOfStore {
  storeId: string
  businessDay: string
}

const basketSchema = z.tuple([z.array(z.tuple([z.string(), z.int().nullable(), z.boolean()])), z.boolean()])

/** Null where the store has no jurisdiction: there is nothing to judge by. */
export const readTaxMaster = async (
  db: Kysely<Tables>,
  { storeId, businessDay }: DayOfStore,
): Promise<(TaxMaster & { itemCategoryOf(code: string): string | null }) | null> => {
  const rates = await db
    .selectFrom('tax_rate as r')
    .innerJoin('store_tax as s', 's.jurisdiction', 'r.jurisdiction')
    .select(['r.category', 'r.rate_micro', 'r.effective_from', 'r.effective_to'])
    .where('s.store_id', '=', storeId)
    .execute()
  if (rates.length === 0) return null
  const words = await readWordMaster(db)
  const inForce = new Map(
    rates
      .filter((rate) => isInForce({ effectiveFrom: rate.effective_from, effectiveTo: rate.effective_to }, businessDay))
      .map((rate) => [rate.category, rate.rate_micro]),
  )
  return {
    itemCategoryOf: (code) => canonicalWord('tax', { scope: 'all', scopeId: '' }, code, words),
    categoryOf: (code) => canonicalWord('tax', { scope: 'store', scopeId: storeId }, code, words),
    rateOf: (category) => inForce.get(category) ?? null,
  }
}

/** By currency. */
export const readBaskets = async (
  db: Kysely<Tables>,
  day: DayOfStore,
  itemCategoryOf: (code: string) => string | null,
): Promise<Map<string, Basket[]>> => {
  const place = { store_id: day.storeId, business_day: day.businessDay }
  const stated = await db
    .selectFrom('tax_stated')
    .selectAll()
    .where((eb) => eb.and(place))
    .orderBy('tax_index')
    .execute()
  const lines = await db
    .selectFrom('tax_line')
    .selectAll()
    .where((eb) => eb.and(place))
    .execute()
  const tillLines = lines.map((row): TillLine => ({
    storeId: day.storeId,
    itemId: row.given_item === '' ? undefined : row.given_item,
    barcode: row.given_barcode === '' ? undefined : row.given_barcode,
    description: row.description,
  }))
  const identities = await readIdentities(db, tillLines)
  const resolved = lines.map((row, index) => {
    const line = tillLines[index]
    return { row, itemId: line === undefined ? null : (resolveLine(line, identities).itemId ?? null) }
  })
  const codes = await readItemCodes(db, day.businessDay, [...new Set(resolved.flatMap(({ itemId }) => itemId ?? []))])
  const soldIn = grouped(resolved, ({ row }) => JSON.stringify([row.currency, row.basket_id]))
  const kinds = [...grouped(stated, (row) => JSON.stringify([row.currency, row.basket_id])).entries()]
  const baskets = kinds.flatMap(([key, rows]) => {
    const [first] = rows
    if (first === undefined) return []
    const [taxes, isDiscounted] = basketSchema.parse(JSON.parse(first.basket))
    const basket: Basket = {
      taxes: taxes.map(([code, rateMicro, inclusive], index) => ({
        ...({ code, rateMicro, inclusive } satisfies TillTax),
        taxMinor: rows.find((row) => row.tax_index === index)?.tax_minor ?? 0,
      })),
      isDiscounted,
      receipts: first.receipts,
      sold: soldItems(soldIn.get(key) ?? [], codes, itemCategoryOf),
    }
    return [{ currency: first.currency, basket }]
  })
  return new Map([...grouped(baskets, ({ currency }) => currency)].map(([currency, each]) => [currency, each.map(({ basket }) => basket)]))
}

const soldItems = (
  resolved: readonly { row: { lines: number; amount_minor: number }; itemId: string | null }[],
  codes: ReadonlyMap<string, string[]>,
  itemCategoryOf: (code: string) => string | null,
): SoldItem[] => {
  const sums = new Map<string | null, SoldItem>()
  for (const { row, itemId } of resolved) {
    const categories = itemId === null ? [] : (codes.get(itemId) ?? []).flatMap((code) => itemCategoryOf(code) ?? [])
    const sum = sums.get(itemId) ?? { itemId, categories, amountMinor: 0, lines: 0 }
    sums.set(itemId, { ...sum, amountMinor: sum.amountMinor + row.amount_minor, lines: sum.lines + row.lines })
  }
  return [...sums.values()]
}

/** Each item's present code, and the one that held on that day. */
const readItemCodes = async (db: Kysely<Tables>, day: string, itemIds: readonly string[]): Promise<Map<string, string[]>> => {
  const { rows } = await sql<{ item_id: string; tax_code: string }>`
    select distinct on (c.item_id) c.item_id, c.tax_code from item_tax_code c where c.item_id = any(${itemIds}::text[])
    order by c.item_id, c.from_day desc`.execute(db)
  const { rows: then } = await sql<{ item_id: string; tax_code: string }>`
    select distinct on (c.item_id) c.item_id, c.tax_code from item_tax_code c where c.item_id = any(${itemIds}::text[]) and c.from_day <= ${day}
    order by c.item_id, c.from_day desc`.execute(db)
  return new Map([...grouped([...rows, ...then], (row) => row.item_id)].map(([itemId, each]) => [itemId, each.map((row) => row.tax_code)]))
}
