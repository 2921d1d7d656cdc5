/** Projection `stock`: the ledger of movements, and its sum per store and item. */
import type { Transaction } from '#sync/contract/transaction.ts'
import { type Transaction as DatabaseTransaction, sql } from 'kysely'
import { exceptionId, type HubException, raiseExceptions } from '../exception/exception.ts'
import { recordIdOfRow, transactionsOf } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import type { Tables } from '../storage/tables.ts'
import { type KnownItems, movesGoods, stockEffects } from './movement.ts'

type MovementRow = {
  store_id: string
  natural_key: string
  line_number: number
  item_id: string
  quantity_milli: number
  business_day: string
}

export const stockProjection: Projection = {
  name: 'stock',

  apply: async (trx, records) => {
    const transactions = transactionsOf(records).filter(({ transaction }) => movesGoods(transaction))
    if (transactions.length === 0) return
    const known = await readKnownItems(
      trx,
      transactions.map(({ transaction }) => transaction),
    )
    const movements: MovementRow[] = []
    const exceptions: HubException[] = []
    for (const { row, transaction: t, naturalKey } of transactions) {
      const effects = stockEffects(t, known)
      for (const { lineNumber, itemId, quantityMilli } of effects.movements) {
        const movement = {
          store_id: t.storeId,
          natural_key: naturalKey,
          line_number: lineNumber,
          item_id: itemId,
          quantity_milli: quantityMilli,
        }
        movements.push({ ...movement, business_day: t.businessDay })
      }
      for (const line of effects.unknown) {
        exceptions.push({
          exceptionId: exceptionId('UNKNOWN_ITEM', `${naturalKey}:${line.lineNumber}`),
          kind: 'UNKNOWN_ITEM',
          storeId: t.storeId,
          naturalKey,
          recordId: recordIdOfRow(row),
          itemId: line.itemId,
          message: `Line ${line.lineNumber} sells ${line.itemId || 'an item without number'} (${line.description}), which is not in the catalogue.`,
          amountMinor: line.amountMinor,
          currency: t.currency,
        })
      }
    }
    await insertMovements(trx, movements)
    await raiseExceptions(trx, exceptions)
  },

  reset: async (trx) => {
    await trx.deleteFrom('stock_movement').execute()
    await trx.deleteFrom('stock_balance').execute()
  },
}

/** Two lines of one receipt may carry the same number: they are added up. A receipt that moved stock before moves none. Balances are touched in key order, against deadlocks. */
const insertMovements = async (trx: DatabaseTransaction<Tables>, movements: readonly MovementRow[]): Promise<void> => {
  if (movements.length === 0) return
  await sql`
    with given as (
      select store_id, natural_key, line_number, item_id, sum(quantity_milli)::bigint as quantity_milli, min(business_day) as business_day
      from json_populate_recordset(null::stock_movement, ${JSON.stringify(movements)}::json) group by 1, 2, 3, 4),
    moved as (
      insert into stock_movement (store_id, natural_key, line_number, item_id, quantity_milli, business_day) select * from given
      where not exists (select from stock_movement m where m.store_id = given.store_id and m.natural_key = given.natural_key)
      returning store_id, item_id, quantity_milli)
    insert into stock_balance (store_id, item_id, quantity_milli)
    select store_id, item_id, sum(quantity_milli)::bigint from moved group by store_id, item_id order by store_id, item_id
    on conflict (store_id, item_id) do update set quantity_milli = stock_balance.quantity_milli + excluded.quantity_milli`.execute(trx)
}

const readKnownItems = async (trx: DatabaseTransaction<Tables>, transactions: readonly Transaction[]): Promise<KnownItems> => {
  const lines = transactions.flatMap((t) => t.lineItems)
  const itemIds = [...new Set(lines.flatMap((line) => line.itemId ?? []))]
  const barcodes = [...new Set(lines.flatMap((line) => line.barcode ?? []))]
  const { rows } = await sql<{ item_id: string; barcodes: string[] }>`
    select item_id, barcodes from item where item_id = any(${itemIds}::text[])
    union select item_id, barcodes from item where barcodes && ${barcodes}::text[]
    order by item_id desc`.execute(trx)
  return {
    itemIds: new Set(rows.map((row) => row.item_id)),
    itemIdByBarcode: new Map(rows.flatMap((row) => row.barcodes.map((barcode) => [barcode, row.item_id] as const))),
  }
}
