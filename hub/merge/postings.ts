/**
 * Projection `postings`: puts what the ERP must know into its outbox, once per natural key, for ever. A rebuild keeps every
 * posting and its state: what was posted is never posted again [HUB5].
 *
 * The ERP is told of goods that changed hands: what moves stock is posted, a post-void as the goods coming back. A customer order is
 * posted by the receipt that hands its goods over; cash movements, settlements and training are no sales to an ERP.
 */
import type { Transaction } from '#sync/contract/transaction.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { sql } from 'kysely'
import { postingChannel } from '../posting/queue.ts'
import { movesGoods } from '../stock/movement.ts'
import { type LogRecord, transactionsOf } from './log-record.ts'
import type { Projection } from './projection.ts'

/** A receipt whose every line was voided is nothing to the ERP. */
export const isPosted = (transaction: Transaction): boolean => movesGoods(transaction) && transaction.lineItems.some((line) => !line.voided)

/** What the log has word for word does not travel to the database again. */
const payloadOf = ({ payload, device_id, incarnation, seq }: LogRecord, transaction: Transaction) => {
  const text = canonicalText(transaction)
  return text === payload ? { device_id, incarnation, seq } : { payload: text }
}

export const createPostingsProjection = (connector: string): Projection => ({
  name: 'postings',
  heeds: ['transaction'],
  tables: {},
  fillsOutbox: true,

  apply: async (trx, records) => {
    const rows = transactionsOf(records)
      .filter(({ transaction }) => isPosted(transaction))
      .map(({ row, transaction: t, naturalKey }) => ({
        posting_key: naturalKey,
        store_id: t.storeId,
        business_day: t.businessDay,
        amount_minor: t.totals.grandMinor,
        currency: t.currency,
        ...payloadOf(row, t),
      }))
    if (rows.length === 0) return
    await sql`
      with added as (
        insert into posting (posting_key, store_id, business_day, connector, state, amount_minor, currency, payload)
        select g.posting_key, g.store_id, g.business_day, ${connector}, 'waiting', g.amount_minor, g.currency, coalesce(g.payload, l.payload)
        from json_to_recordset(${JSON.stringify(rows)}::json) as g (posting_key text, store_id text, business_day date, amount_minor bigint,
          currency text, payload text, device_id text, incarnation text, seq bigint)
        left join record_log l on g.payload is null and l.device_id = g.device_id and l.incarnation = g.incarnation and l.seq = g.seq
        on conflict (posting_key) do nothing returning 1)
      select pg_notify(${postingChannel}, '') where exists (select from added)`.execute(trx)
  },

  reset: async () => undefined,
})
