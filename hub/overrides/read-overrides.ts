/** What stores and centre decided without knowing of each other, newest first, both sides whole and in words [MRG43]. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import type { Winner } from './rule-table.ts'
import type { RulingRow } from './rulings.ts'
import {
  priceCentreSideSchema,
  priceStoreSideSchema,
  stockCentreSideSchema,
  stockStoreSideSchema,
  wordPriceCentre,
  wordPriceStore,
  wordStockCentre,
  wordStockStore,
} from './sides.ts'

export interface OverridesQuery {
  storeId?: string | undefined
  itemId?: string | undefined
  field?: 'price' | 'stock' | undefined
  /** Only those that wait for a person. */
  waiting?: boolean | undefined
  limit: number
}

export interface ReadOverride {
  id: string
  field: 'price' | 'stock'
  storeId: string
  itemId: string
  winner: Winner
  /** no-conflict | rule | impossible | over | person | time */
  basis: string
  owner: string
  reason: string
  rulesVersion: number | null
  ruledAt: string
  decidedAt: string | null
  store: unknown
  centre: unknown
  words: string
}

const sidesOf = (row: RulingRow): Pick<ReadOverride, 'store' | 'centre' | 'words'> => {
  const [store, centre] = [JSON.parse(row.store_side) as unknown, JSON.parse(row.centre_side) as unknown]
  if (row.field === 'price') {
    const [own, theirs] = [priceStoreSideSchema.parse(store), priceCentreSideSchema.parse(centre)]
    return { store: own, centre: theirs, words: `${wordPriceStore(own)}. ${wordPriceCentre(theirs)}` }
  }
  const [own, theirs] = [stockStoreSideSchema.parse(store), stockCentreSideSchema.parse(centre)]
  return { store: own, centre: theirs, words: `${wordStockStore(row.store_id, row.item_id, own)}; ${wordStockCentre(theirs)}.` }
}

const overrideOf = (row: RulingRow): ReadOverride => ({
  ...{ id: row.ruling_id, field: row.field, storeId: row.store_id, itemId: row.item_id, owner: row.owner, rulesVersion: row.rules_version },
  ...{ winner: row.decided_winner ?? row.winner, basis: row.decided_basis ?? row.basis, reason: row.decided_reason ?? row.reason },
  ...{ ruledAt: row.ruled_at.toISOString(), decidedAt: row.decided_at?.toISOString() ?? null },
  ...sidesOf(row),
})

export const readOverrides = async (db: Kysely<Tables>, query: OverridesQuery): Promise<ReadOverride[]> => {
  let select = db.selectFrom('override_ruling').selectAll().orderBy('ruled_at', 'desc').orderBy('ruling_id').limit(query.limit)
  if (query.storeId !== undefined) select = select.where('store_id', '=', query.storeId)
  if (query.itemId !== undefined) select = select.where('item_id', '=', query.itemId)
  if (query.field !== undefined) select = select.where('field', '=', query.field)
  if (query.waiting === true) select = select.where(sql<boolean>`winner = 'person' and decided_winner is null`)
  return (await select.execute()).map(overrideOf)
}
