/** What stores have: on hand, on its way to them, and the count that the figure stands on. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { containment, isContained } from './containment.ts'
import { unitsText } from './movement-words.ts'
import { inTransit } from './transfers.ts'

export interface StockLevel {
  storeId: string
  itemId: string
  onHandMilli: number
  /** Not sellable before it arrived. */
  inTransitMilli: number
  lastCount: {
    documentId: string
    businessDay: string
    /** As the store wrote it. */
    at: string
    countedMilli: number
    /** Its place in the store's sequence. */
    recordId: string
    /** Movements that the count does not contain. */
    movementsSince: number
  } | null
}

interface LevelRow {
  store_id: string
  item_id: string
  on_hand: number
  in_transit: number
  document_id: string | null
  business_day: string
  at: string
  counted: number
  record_id: string
  since: number
}

interface LevelQuery {
  storeId?: string | undefined
  itemId?: string | undefined
  /** Those behind this one, in the order of store and item. */
  after?: { storeId: string; itemId: string } | undefined
  limit: number
}

export const readLevels = async (db: Kysely<Tables>, { storeId, itemId, after, limit }: LevelQuery): Promise<StockLevel[]> => {
  const conditions = [
    ...(storeId === undefined ? [] : [sql`store_id = ${storeId}`]),
    ...(itemId === undefined ? [] : [sql`item_id = ${itemId}`]),
    ...(after === undefined ? [] : [sql`(store_id, item_id) > (${after.storeId}, ${after.itemId})`]),
  ]
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const { rows } = await sql<LevelRow>`
    with way as materialized (select * from ${inTransit} w ${where}),
    page as materialized (
      select store_id, item_id from stock_balance ${where} union select store_id, item_id from way order by 1, 2 limit ${limit}),
    since as (
      select m.store_id, m.item_id, count(*) filter (where not ${isContained})::int as movements
      from stock_movement m join page using (store_id, item_id) ${containment} where b.natural_key is not null and m.kind <> 'count' group by 1, 2)
    select p.store_id, p.item_id, coalesce(s.quantity_milli, 0) as on_hand, coalesce(w.in_transit_milli, 0) as in_transit,
      d.document_id, b.business_day, d.at, b.counted_milli as counted, coalesce(n.movements, 0) as since,
      b.device_id || ':' || b.incarnation || ':' || b.seq as record_id
    from page p left join stock_balance s using (store_id, item_id) left join way w using (store_id, item_id)
    left join stock_base b using (store_id, item_id) left join since n using (store_id, item_id)
    left join stock_document d on d.store_id = b.store_id and d.natural_key = b.natural_key
    order by 1, 2`.execute(db)
  return rows.map(levelOf)
}

const levelOf = (row: LevelRow): StockLevel => ({
  storeId: row.store_id,
  itemId: row.item_id,
  onHandMilli: row.on_hand,
  inTransitMilli: row.in_transit,
  lastCount:
    row.document_id === null
      ? null
      : {
          documentId: row.document_id,
          businessDay: row.business_day,
          at: row.at,
          countedMilli: row.counted,
          recordId: row.record_id,
          movementsSince: row.since,
        },
})

export const wordLevel = ({ onHandMilli, inTransitMilli, lastCount }: StockLevel): string => {
  const since = lastCount?.movementsSince ?? 0
  const count = lastCount
    ? `: ${unitsText(lastCount.countedMilli)} by the count ${lastCount.documentId} of ${lastCount.businessDay}, ${since === 0 ? 'nothing' : `${since} ${since === 1 ? 'movement' : 'movements'}`} since`
    : '; never counted'
  const way = inTransitMilli > 0 ? ` ${unitsText(inTransitMilli)} on the way from other stores, not sellable yet.` : ''
  const negative = onHandMilli < 0 ? ' Less than nothing: more went out than was known to be there; have it counted.' : ''
  return `${unitsText(onHandMilli)} on hand${count}.${way}${negative}`
}
