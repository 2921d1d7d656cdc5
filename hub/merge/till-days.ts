/** Of each till's day what each journal holds of it, from the first to the last: a few rows a page, however often a record comes. */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { grouped } from '../grouped.ts'
import type { PolicyReceipt } from './policy-receipts.ts'
import type { TillDayRow } from './tables.ts'

type Trx = Transaction<Tables>

const rowsOf = (receipts: readonly PolicyReceipt[]): TillDayRow[] =>
  [...grouped(receipts, ({ transaction }) => JSON.stringify([transaction.businessDay, transaction.workstationId])).values()].flatMap(
    (group) => {
      const [first] = group
      if (!first) return []
      const seqs = group.map(({ row }) => row.seq)
      const numbers = group.map(({ transaction }) => transaction.sequenceNumber)
      const { row, transaction } = first
      return [
        {
          ...{ store_id: row.store_id, business_day: transaction.businessDay, workstation_id: transaction.workstationId },
          ...{ device_id: row.device_id, incarnation: row.incarnation },
          ...{ first_seq: Math.min(...seqs), last_seq: Math.max(...seqs) },
          ...{ first_number: Math.min(...numbers), last_number: Math.max(...numbers) },
        },
      ]
    },
  )

export const noteTillDays = async (trx: Trx, receipts: readonly PolicyReceipt[]): Promise<void> => {
  const rows = rowsOf(receipts)
  if (rows.length === 0) return
  await sql`
    insert into till_day select * from json_populate_recordset(null::till_day, ${JSON.stringify(rows)}::json)
    on conflict (store_id, business_day, workstation_id, device_id, incarnation) do update set
      first_seq = least(till_day.first_seq, excluded.first_seq), last_seq = greatest(till_day.last_seq, excluded.last_seq),
      first_number = least(till_day.first_number, excluded.first_number), last_number = greatest(till_day.last_number, excluded.last_number)`.execute(
    trx,
  )
}
