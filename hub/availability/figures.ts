/** The figure of each store and item, and what it was made of: one answer for the API, its explanation and the events. */
import { type Kysely, sql } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { type Availability, availableToSell } from '../stock/available.ts'
import { usualPolicy } from '../stock/confidence.ts'
import type { Tables } from '../storage/tables.ts'
import { readItems, readStores } from './knowledge.ts'
import { keyText, type StockKey } from './promised-stock.ts'

export interface Figure extends StockKey, Availability {
  timeZone: string
  onHandMilli: number
  reservedMilli: number
  /** On its way to the store, and not part of what is offered. */
  inTransitMilli: number
}

/** Reads side by side, on connections of the pool: not for a transaction. Figures of keys whose store is not known are left out. */
export const readFigures = async (db: Kysely<Tables>, keys: readonly StockKey[]): Promise<{ atMs: number; figures: Figure[] }> => {
  const [{ rows }, stores, items] = await Promise.all([
    sql<{ at: Date }>`select now() as at`.execute(db),
    readStores(db, [...new Set(keys.map(({ storeId }) => storeId))]),
    readItems(db, keys),
  ])
  const atMs = must(rows[0], 'the time of the database').at.getTime()
  const figures = keys.flatMap((key) => {
    const [store, known] = [stores.get(key.storeId), items.get(keyText(key))]
    if (store === undefined || known === undefined) return []
    const { onHandMilli, reservedMilli } = known.stock
    const availability = availableToSell(known.stock, store, known.item, usualPolicy, atMs)
    const { storeId, itemId } = key
    const { timeZone } = store
    return [{ storeId, itemId, ...availability, timeZone, onHandMilli, reservedMilli, inTransitMilli: known.inTransitMilli }]
  })
  return { atMs, figures }
}
