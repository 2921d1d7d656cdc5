/** What the hub knows of items at stores, as the formula takes it: balances, reservations, counts and the movements of the last weeks. */
import type { StockFigures } from '../stock/available.ts'
import type { ItemKnowledge, StoreKnowledge } from '../stock/confidence.ts'
import { type LedgerSums, velocityDays } from './kept-ledger.ts'
import type { KnowledgeRows, LedgerRow } from './knowledge-query.ts'
import { type KnownStore, knownStores } from './known-stores.ts'
import { missingSince } from './missing-records.ts'
import type { StockKey } from './promised-stock.ts'
import type { HeldStock } from './ruled-stock.ts'

export interface KnownItem {
  held: HeldStock
  store: StoreKnowledge
  item: ItemKnowledge
  count: StockFigures['count']
  inTransitMilli: number
}

export interface Knowledge {
  stores: Map<string, KnownStore>
  /** In the order of the keys; of a store that is not known nothing. */
  items: (KnownItem | undefined)[]
}

export const sumsOf = ({ mark, sold, since_count, count_day, counted, counted_ms }: LedgerRow): LedgerSums => ({
  ...{ mark, soldMilli: sold, soldSinceCountMilli: since_count },
  ...(count_day === null || counted === null || counted_ms === null ? {} : { count: { day: count_day, milli: counted, atMs: counted_ms } }),
})

const unsold: LedgerSums = { mark: '', soldMilli: 0, soldSinceCountMilli: 0 }

const knownItem = (held: HeldStock, inTransitMilli: number, known: KnownStore, sums: LedgerSums): KnownItem => {
  const { missing, receipts, ...store } = known
  const { soldMilli, soldSinceCountMilli, count } = sums
  return {
    ...{ held, inTransitMilli },
    store: { ...store, missingRecords: missingSince(missing, count?.day) },
    item: {
      velocity: { milliPerHour: Math.round(soldMilli / (velocityDays * 24)) },
      ...(receipts === null || receipts === 0 ? {} : { unitsPerRecordMicro: Math.round((soldMilli * 1_000) / receipts) }),
      lastCountMs: count?.atMs ?? null,
      soldSinceCountMilli,
    },
    count: count && {
      ...{ atMs: count.atMs, businessDay: count.day, countedMilli: count.milli },
      otherSinceMilli: held.onHandMilli - count.milli,
    },
  }
}

const byPlace = <T extends { n: number }>(rows: readonly T[]): Map<number, T> => new Map(rows.map((row) => [row.n, row]))

/** `sums` are the keys' own, in their order. */
export const knowledgeOf = (keys: readonly StockKey[], rows: KnowledgeRows, sums: readonly (LedgerSums | undefined)[]): Knowledge => {
  const stores = knownStores(rows)
  const units = new Map(rows.measured.map((row) => [row.item_id, row.unit]))
  const [reserved, transit] = [byPlace(rows.held), byPlace(rows.transit)]
  const onHand = new Map(rows.balances.n?.map((n, index) => [n, rows.balances.milli[index] ?? 0]))
  const items = keys.map(({ storeId, itemId }, index) => {
    const [store, n] = [stores.get(storeId), index + 1]
    if (store === undefined) return undefined
    const { milli: reservedMilli = 0, by_channel: reservedByChannelMilli = 0 } = reserved.get(n) ?? {}
    const held = { unit: units.get(itemId) ?? 'each', onHandMilli: onHand.get(n) ?? 0, reservedMilli, reservedByChannelMilli }
    return knownItem(held, transit.get(n)?.milli ?? 0, store, (onHand.has(n) ? sums[index] : undefined) ?? unsold)
  })
  return { stores, items }
}
