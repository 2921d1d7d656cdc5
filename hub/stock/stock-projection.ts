/** Projection `stock`: the ledger of movements, its sum per store and item, and the lines that wait to know their item. */
import type { Transaction } from '#sync/contract/transaction.ts'
import { type Transaction as DatabaseTransaction, sql } from 'kysely'
import { exceptionId, type HubException, raiseExceptions, withoutNul } from '../exception/exception.ts'
import { readIdentities } from '../identity/identities.ts'
import type { TillLine } from '../identity/resolve.ts'
import type { WaitingLineRow } from '../identity/tables.ts'
import { insertWaiting, lockGroups, takenKeys, waitingId } from '../identity/waiting-lines.ts'
import { type LogRecord, recordIdOfRow, transactionsOf } from '../merge/log-record.ts'
import type { Projection } from '../merge/projection.ts'
import type { Tables } from '../storage/tables.ts'
import { movesGoods, type ScaleFlag, stockEffects, type WaitingLine } from './movement.ts'

type MovementRow = {
  store_id: string
  natural_key: string
  line_number: number
  item_id: string
  quantity_milli: number
  business_day: string
}

type Receipt = { row: LogRecord; transaction: Transaction; naturalKey: string }

const linesOf = ({ transaction: t }: Receipt): TillLine[] =>
  t.lineItems.map(({ itemId, barcode, description }) => ({ storeId: t.storeId, itemId, barcode, description }))

const waitingRows = ({ transaction: t, naturalKey, waiting }: Receipt & { waiting: WaitingLine[] }): WaitingLineRow[] =>
  waiting.map((line) => ({
    store_id: t.storeId,
    natural_key: naturalKey,
    line_number: line.lineNumber,
    given_item: line.itemId ?? '',
    given_barcode: line.barcode ?? '',
    description: withoutNul(line.description),
    exception_id: waitingId(t.storeId, line.identifier),
    identifier: withoutNul(line.identifier),
    quantity_milli: line.quantityMilli,
    amount_minor: line.amountMinor,
    currency: t.currency,
    business_day: t.businessDay,
  }))

const flagExceptions = ({ row, transaction: t, naturalKey, flags }: Receipt & { flags: ScaleFlag[] }): HubException[] =>
  flags.map(({ lineNumber, itemId, message, amountMinor }) => ({
    exceptionId: exceptionId('SCALE_DIFFERS', `${naturalKey}:${lineNumber}`),
    kind: 'SCALE_DIFFERS',
    storeId: t.storeId,
    naturalKey,
    recordId: recordIdOfRow(row),
    itemId,
    message: `Line ${lineNumber}: ${message}.`,
    amountMinor,
    currency: t.currency,
  }))

export const stockProjection: Projection = {
  name: 'stock',

  apply: async (trx, records) => {
    const transactions = transactionsOf(records).filter(({ transaction }) => movesGoods(transaction))
    if (transactions.length === 0) return
    const identities = await readIdentities(trx, transactions.flatMap(linesOf))
    const effects = transactions.map((each) => ({ ...each, ...stockEffects(each.transaction, identities) }))
    const withWaiting = effects.filter(({ waiting }) => waiting.length > 0)
    const waiting = withWaiting.flatMap(waitingRows)
    await lockGroups(
      trx,
      waiting.map((row) => row.exception_id),
    )
    const taken = await takenKeys(
      trx,
      withWaiting.map(({ transaction, naturalKey }) => ({ storeId: transaction.storeId, naturalKey })),
    )
    const movements = effects.flatMap(({ transaction: t, naturalKey, movements: own }) =>
      own.map(({ lineNumber, itemId, quantityMilli }): MovementRow => ({
        store_id: t.storeId,
        natural_key: naturalKey,
        line_number: lineNumber,
        item_id: itemId,
        quantity_milli: quantityMilli,
        business_day: t.businessDay,
      })),
    )
    await insertMovements(trx, movements)
    await insertWaiting(
      trx,
      waiting.filter((row) => !taken.has(row.natural_key)),
    )
    await raiseExceptions(trx, effects.flatMap(flagExceptions))
  },

  reset: async (trx) => {
    await trx.deleteFrom('stock_movement').execute()
    await trx.deleteFrom('stock_balance').execute()
    await trx.deleteFrom('waiting_line').execute()
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
        and not exists (select from waiting_line w where w.store_id = given.store_id and w.natural_key = given.natural_key)
      returning store_id, item_id, quantity_milli)
    insert into stock_balance (store_id, item_id, quantity_milli)
    select store_id, item_id, sum(quantity_milli)::bigint from moved group by store_id, item_id order by store_id, item_id
    on conflict (store_id, item_id) do update set quantity_milli = stock_balance.quantity_milli + excluded.quantity_milli`.execute(trx)
}
