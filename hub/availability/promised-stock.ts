/**
 * What is free to promise, and the lock under which it is given away. Every transaction takes keys in one order and reservations
 * after them, also in one order: nobody waits in a circle. What is read here after `lockKeys` stays true until the commit.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'

export interface StockKey {
  storeId: string
  itemId: string
}

export const keyText = ({ storeId, itemId }: StockKey): string => JSON.stringify([storeId, itemId])

/** As rows (store_id, item_id) of a query. */
export const keyRows = (keys: readonly StockKey[]): RawBuilder<unknown> => {
  const rows = keys.map(({ storeId, itemId }) => ({ store_id: storeId, item_id: itemId }))
  return sql`json_populate_recordset(null::availability_key, ${JSON.stringify(rows)}::json)`
}

/** Of `reservation r` and `reservation_line l`: it holds stock back. Ends by itself, at its time or with its receipt's movement. */
export const isHeld = sql`l.is_open and r.state = 'active' and (r.expires_at is null or r.expires_at > now())
  and (r.receipt is null or not exists (select from stock_movement m where m.store_id = l.store_id and m.natural_key = r.receipt))`

export const lockKeys = async (trx: Transaction<Tables>, keys: readonly StockKey[]): Promise<void> => {
  const rows = keyRows(keys)
  await sql`insert into availability_key select distinct store_id, item_id from ${rows} order by 1, 2 on conflict do nothing`.execute(trx)
  await sql`select from availability_key where (store_id, item_id) in (select store_id, item_id from ${rows})
    order by store_id, item_id for update`.execute(trx)
}

/** With the reservations that a query `due` ends. */
export const closeLines = sql`update reservation_line l set is_open = false from due where l.reservation_id = due.reservation_id`

/**
 * Whoever is given the stock of an expired reservation writes its end first: with clocks read a moment apart, a confirmation that comes
 * after finds it ended and not merely late.
 */
export const endExpired = async (trx: Transaction<Tables>, keys: readonly StockKey[]): Promise<void> => {
  await sql`
    with due as (
      select reservation_id from reservation r where state = 'active' and expires_at <= now() and exists (
        select from reservation_line l join ${keyRows(keys)} k using (store_id, item_id) where l.reservation_id = r.reservation_id)
      order by reservation_id for update),
    closed as (${closeLines})
    update reservation r set state = 'expired', ended_at = now() from due where r.reservation_id = due.reservation_id`.execute(trx)
}
