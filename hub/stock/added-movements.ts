/** Movements of lines that waited for their item: added to what their receipt moved before, and to the balance. */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'

type Movement = Tables['stock_movement']

export const addMovements = async (trx: Transaction<Tables>, movements: readonly Movement[]): Promise<void> => {
  if (movements.length === 0) return
  await sql`
    with given as materialized (
      select store_id, natural_key, line_number, item_id, sum(quantity_milli)::bigint as quantity_milli, min(business_day) as business_day
      from json_populate_recordset(null::stock_movement, ${JSON.stringify(movements)}::json) group by 1, 2, 3, 4),
    moved as (
      insert into stock_movement (store_id, natural_key, line_number, item_id, quantity_milli, business_day) select * from given
      on conflict (store_id, natural_key, line_number, item_id)
        do update set quantity_milli = stock_movement.quantity_milli + excluded.quantity_milli)
    insert into stock_balance (store_id, item_id, quantity_milli)
    select store_id, item_id, sum(quantity_milli)::bigint from given group by store_id, item_id order by store_id, item_id
    on conflict (store_id, item_id) do update set quantity_milli = stock_balance.quantity_milli + excluded.quantity_milli`.execute(trx)
}
