/**
 * What items sold lately at stores. Adding up weeks of movements costs more than all else of a figure, and every movement rewrites its
 * balance's row: a sum is kept with the row's `mark` and the first day it counts, and holds exactly as long as both are the same.
 */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { keyRows, keyText, type StockKey } from './promised-stock.ts'

/** Sales of so many days, over all their hours. */
export const velocityDays = 28

export interface RecentSales {
  soldMilli: number
  /** On the day of the last count or later. */
  soldSinceCountMilli: number
}

export interface MarkedKey extends StockKey {
  /** Changes with the row of the balance; absent: there is none. */
  mark?: string | undefined
}

type Kept = Map<string, RecentSales & { mark: string; firstDay: string }>

const keptSales = new WeakMap<object, Kept>()
/** Some tens of megabytes. */
const mostKept = 200_000

const keptOf = (keptFor: object): Kept => {
  const known = keptSales.get(keptFor)
  if (known !== undefined) return known
  const fresh: Kept = new Map()
  keptSales.set(keptFor, fresh)
  return fresh
}

const keep = (kept: Kept, key: string, { mark, ...sales }: RecentSales & { mark?: string | undefined; firstDay: string }): void => {
  if (mark === undefined) return
  const [oldest] = kept.size >= mostKept ? kept.keys() : []
  if (oldest !== undefined) kept.delete(oldest)
  kept.set(key, { ...sales, mark })
}

interface SalesRow {
  store_id: string
  item_id: string
  sold: number
  since_count: number
}

const readSales = async (db: Kysely<Tables>, keys: readonly StockKey[], firstDay: string): Promise<SalesRow[]> => {
  const { rows } = await sql<SalesRow>`/* plan recent-sales */
    select k.store_id, k.item_id, coalesce(v.sold, 0)::bigint as sold, coalesce(v.since_count, 0)::bigint as since_count
    from ${keyRows(keys)} k left join stock_base c using (store_id, item_id) left join lateral (
      select -sum(m.quantity_milli) as sold, -sum(m.quantity_milli) filter (where m.business_day >= c.business_day) as since_count
      from stock_movement m where m.store_id = k.store_id and m.item_id = k.item_id and m.kind = 'sale' and m.business_day >= ${firstDay}::date
    ) v on true`.execute(db)
  return rows
}

/** By `keyText`. */
export const readRecentSales = async (
  db: Kysely<Tables>,
  keys: readonly MarkedKey[],
  firstDay: string,
  keptFor: object,
): Promise<Map<string, RecentSales>> => {
  const kept = keptOf(keptFor)
  const found = new Map<string, RecentSales>()
  const missed = new Map<string, MarkedKey>()
  for (const key of keys) {
    const text = keyText(key)
    const known = kept.get(text)
    if (known !== undefined && known.mark === key.mark && known.firstDay === firstDay) found.set(text, known)
    else missed.set(text, key)
  }
  if (missed.size === 0) return found
  for (const row of await readSales(db, [...missed.values()], firstDay)) {
    const text = keyText({ storeId: row.store_id, itemId: row.item_id })
    const sales = { soldMilli: row.sold, soldSinceCountMilli: row.since_count }
    found.set(text, sales)
    keep(kept, text, { ...sales, firstDay, mark: missed.get(text)?.mark })
  }
  return found
}
