/**
 * Goods between two stores. What a transfer-out took away is in transit to the other store, shown apart and sold by nobody, until the
 * transfer-in that names it, or as much of it as that states. A further transfer-out that names the first adds to it. A view of the ledger: nothing is kept that could differ from it.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'

export interface Transfer {
  fromStoreId: string
  toStoreId: string
  /** The sender's documentId. */
  documentId: string
  itemId: string
  /** Null: no transfer-out is known. */
  sentMilli: number | null
  receivedMilli: number
  /** Of the transfer-out, else of the first transfer-in. */
  businessDay: string
}

/** One row a transfer and item, as far as its goods are known. `which` leaves documents `d` and movements `m` out. */
const transfersOf = (which: RawBuilder<unknown>) => sql`(
  with moved as (
    select d.*, m.item_id, m.quantity_milli from stock_document d join stock_movement m using (store_id, natural_key)
    where d.document_kind in ('transfer-out', 'transfer-in') and ${which}),
  sent as (
    select store_id as from_store_id, other_store_id as to_store_id, coalesce(transfer_id, document_id) as document_id, item_id, sum(-quantity_milli)::bigint as sent_milli,
      min(business_day) as business_day
    from moved where document_kind = 'transfer-out' group by 1, 2, 3, 4),
  received as (
    select other_store_id as from_store_id, store_id as to_store_id, transfer_id as document_id, item_id,
      sum(quantity_milli)::bigint as received_milli, min(business_day) as business_day
    from moved where document_kind = 'transfer-in' and transfer_id is not null group by 1, 2, 3, 4)
  select from_store_id, to_store_id, document_id, item_id, sent_milli, coalesce(received_milli, 0) as received_milli,
    coalesce(s.business_day, r.business_day) as business_day
  from sent s full join received r using (from_store_id, to_store_id, document_id, item_id))`

const transfers = transfersOf(sql`true`)

/** Those that have not come out even. */
export const readUneven = async (db: Kysely<Tables>): Promise<Transfer[]> => {
  const { rows } = await sql<Transfer>`
    select from_store_id as "fromStoreId", to_store_id as "toStoreId", document_id as "documentId", item_id as "itemId",
      sent_milli as "sentMilli", received_milli as "receivedMilli", business_day as "businessDay"
    from ${transfers} t where sent_milli is distinct from received_milli
    order by from_store_id, to_store_id, document_id, item_id`.execute(db)
  return rows
}

const onTheWay = (of: RawBuilder<unknown>) => sql`(
  select to_store_id as store_id, item_id, sum(sent_milli - received_milli)::bigint as in_transit_milli
  from ${of} t where sent_milli > received_milli group by 1, 2)`

/** What is on its way to stores, by store and item: a query with `store_id`, `item_id` and `in_transit_milli`, where there is any. */
export const inTransit = onTheWay(transfers)

/** The same of some stores and items alone: only documents from others to these stores, and of these stores, are looked at. */
export const inTransitTo = (storeIds: readonly string[], itemIds: readonly string[]) =>
  onTheWay(
    transfersOf(sql`m.item_id = any(${itemIds}::text[]) and (
      (d.document_kind = 'transfer-out' and d.other_store_id = any(${storeIds}::text[]))
      or (d.document_kind = 'transfer-in' and d.store_id = any(${storeIds}::text[])))`),
  )
