/**
 * What the hub itself books for an operator or the ERP [STK6]: once by its key, with a reason. It stands in no store's sequence, so a count
 * contains it by its business day. The table keeps what a rebuild cannot read from the log.
 */
import { sql, type Transaction } from 'kysely'
import { shareProjection } from '../merge/advance.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { addMovements, lockStock } from './balance.ts'

export interface Correction {
  key: string
  storeId: string
  itemId: string
  kind: 'adjustment' | 'erp-correction'
  /** What is added; negative where it is taken away. */
  quantityMilli: number
  businessDay: string
  reason: string
}

export type Corrected =
  | { outcome: 'booked' | 'duplicate'; onHandMilli: number }
  | { outcome: 'conflict'; message: string }
  | { outcome: 'refused'; message: string }

type Row = Omit<Tables['stock_correction'], 'booked_at' | 'arrived'>

/** Never a transaction's or a document's: those have `|stock|` or a day there. */
const naturalKeyOf = ({ storeId, key }: Correction): string => `${storeId}|booked|${encodeURIComponent(key)}`

const rowOf = (correction: Correction): Row => ({
  correction_key: correction.key,
  natural_key: naturalKeyOf(correction),
  store_id: correction.storeId,
  item_id: correction.itemId,
  kind: correction.kind,
  quantity_milli: correction.quantityMilli,
  business_day: correction.businessDay,
  reason: correction.reason,
})

export const correctStock = (db: Database, correction: Correction): Promise<Corrected> =>
  retryContention(() => db.transaction().execute((trx) => correctWithin(trx, rowOf(correction))))

const correctWithin = async (trx: Transaction<Tables>, row: Row): Promise<Corrected> => {
  await shareProjection(trx, 'stock')
  const unknown = await unknownIn(trx, row)
  if (unknown) return { outcome: 'refused', message: unknown }
  await lockStock(trx, [row.store_id], 'shared')
  const added = await trx
    .insertInto('stock_correction')
    .values({ ...row, arrived: await arrivedOf(trx, row.store_id) })
    .onConflict((conflict) => conflict.column('correction_key').doNothing())
    .returning('correction_key')
    .executeTakeFirst()
  if (!added) return known(trx, row)
  await addMovements(trx, [movementOf(row)], 'once')
  return { outcome: 'booked', onHandMilli: await onHand(trx, row) }
}

/** How far the store's records had come: a count behind that was not known to whoever booked. */
const arrivedOf = async (trx: Transaction<Tables>, storeId: string): Promise<string> => {
  const { rows } = await sql<{ arrived: string }>`
    select coalesce(json_agg(json_build_object('device_id', s.device_id, 'incarnation', s.incarnation, 'seq', s.acked_seq)
      order by s.device_id, s.incarnation), '[]')::text as arrived
    from device_stream s join device d using (device_id) where d.store_id = ${storeId}`.execute(trx)
  return rows[0]?.arrived ?? '[]'
}

const unknownIn = async (trx: Transaction<Tables>, { store_id, item_id }: Row): Promise<string | null> => {
  const store = await trx.selectFrom('store').select('store_id').where('store_id', '=', store_id).executeTakeFirst()
  if (!store) return `There is no store ${store_id}.`
  const item = await trx.selectFrom('item').select('item_id').where('item_id', '=', item_id).executeTakeFirst()
  return item ? null : `There is no item ${item_id} in the catalogue.`
}

const known = async (trx: Transaction<Tables>, row: Row): Promise<Corrected> => {
  const before = await trx
    .selectFrom('stock_correction')
    .selectAll()
    .where('correction_key', '=', row.correction_key)
    .executeTakeFirstOrThrow()
  const columns = Object.keys(row) as (keyof Row)[]
  if (columns.every((column) => before[column] === row[column])) return { outcome: 'duplicate', onHandMilli: await onHand(trx, row) }
  const message = `The key ${row.correction_key} was used at ${before.booked_at.toISOString()} for another correction: ${before.quantity_milli} thousandths of ${before.item_id} at store ${before.store_id}.`
  return { outcome: 'conflict', message }
}

const onHand = async (trx: Transaction<Tables>, { store_id, item_id }: Row): Promise<number> => {
  const { rows } = await sql<{ quantity_milli: number }>`
    select quantity_milli from stock_balance where store_id = ${store_id} and item_id = ${item_id}`.execute(trx)
  return rows[0]?.quantity_milli ?? 0
}

const movementOf = ({ store_id, natural_key, item_id, kind, quantity_milli, business_day }: Row) => ({
  ...{ store_id, natural_key, line_number: 1, item_id, quantity_milli, business_day, kind },
  ...{ device_id: null, incarnation: null, seq: null },
})

/** Into a ledger that was just emptied, or is built anew: what it has already is not booked again. */
export const bookCorrections = async (trx: Transaction<Tables>): Promise<void> => {
  const rows = await trx.selectFrom('stock_correction').selectAll().execute()
  await addMovements(trx, rows.map(movementOf), 'once')
}
