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
import { transactionsOf } from './log-record.ts'
import type { Projection } from './projection.ts'

/** A receipt whose every line was voided is nothing to the ERP. */
export const isPosted = (transaction: Transaction): boolean => movesGoods(transaction) && transaction.lineItems.some((line) => !line.voided)

export const createPostingsProjection = (connector: string): Projection => ({
  name: 'postings',
  heeds: ['transaction'],
  tables: {},
  fillsOutbox: true,

  apply: async (trx, records) => {
    const rows = transactionsOf(records)
      .filter(({ transaction }) => isPosted(transaction))
      .map(({ transaction: t, naturalKey }) => ({
        posting_key: naturalKey,
        store_id: t.storeId,
        business_day: t.businessDay,
        amount_minor: t.totals.grandMinor,
        currency: t.currency,
        payload: canonicalText(t),
      }))
    if (rows.length === 0) return
    await sql`
      with added as (
        insert into posting (posting_key, store_id, business_day, connector, state, amount_minor, currency, payload)
        select posting_key, store_id, business_day, ${connector}, 'waiting', amount_minor, currency, payload
        from json_populate_recordset(null::posting, ${JSON.stringify(rows)}::json)
        on conflict (posting_key) do nothing returning 1)
      select pg_notify(${postingChannel}, '') where exists (select from added)`.execute(trx)
  },

  reset: async () => undefined,
})
