/**
 * The hub's own count of the records that a day's close covers: transactions of that day in the close's own journal, from the day's
 * first record to the chain's head, each natural key once. One that counts at the hub under another record of the same content counts
 * here too; one in conflict or quarantine does not. Read page by page: a day may be long.
 */
import type { DayCloseStatement, DayTotals } from '#sync/contract/day-close.ts'
import { type Transaction as StoreTransaction, transactionSchema } from '#sync/contract/transaction.ts'
import { addToTotals, noTotals, statedTotals, type TotalsOfDay } from '#sync/core/day-totals.ts'
import type { Transaction } from 'kysely'
import { isTransaction } from '../intake/compiled-shape.ts'
import type { LogRecord } from '../merge/log-record.ts'
import type { Tables } from '../storage/tables.ts'

const rowsAtOnce = 1_000

export interface CoveredTotals {
  byWorkstation: ReadonlyMap<string, DayTotals>
  /** Transactions of the day's records that count for nothing at the hub. */
  uncounted: number
}

export const countCovered = async (
  trx: Transaction<Tables>,
  row: LogRecord,
  { businessDay, chain }: DayCloseStatement,
): Promise<CoveredTotals> => {
  const totals = new Map<string, TotalsOfDay>()
  const counted = new Set<string>()
  let uncounted = 0
  for (let after = chain.firstSeq - 1; ;) {
    const rows = await readPage(trx, row, businessDay, after)
    for (const { natural_key: key, verdict, payload } of rows) {
      if (verdict !== 'accepted' && verdict !== 'duplicate') uncounted += 1
      else if (key !== null && !counted.has(key)) {
        counted.add(key)
        const transaction = readTransaction(payload)
        if (transaction?.businessDay !== businessDay) continue
        totals.set(transaction.workstationId, addToTotals(totals.get(transaction.workstationId) ?? noTotals, transaction))
      }
    }
    const last = rows.at(-1)
    if (!last || rows.length < rowsAtOnce) break
    after = last.seq
  }
  return { byWorkstation: new Map([...totals].map(([workstationId, each]) => [workstationId, statedTotals(each)])), uncounted }
}

/** The natural key names the day: other days' payloads are not read. */
const readPage = (trx: Transaction<Tables>, row: LogRecord, businessDay: string, after: number) =>
  trx
    .selectFrom('record_log')
    .select(['seq', 'natural_key', 'verdict', 'payload'])
    .where('device_id', '=', row.device_id)
    .where('incarnation', '=', row.incarnation)
    .where('seq', '>', after)
    .where('seq', '<', row.seq)
    .where('kind', '=', 'transaction')
    .where('natural_key', 'like', `%|${businessDay}|%`)
    .orderBy('seq')
    .limit(rowsAtOnce)
    .execute()

const readTransaction = (payload: string): StoreTransaction | undefined => {
  try {
    const json: unknown = JSON.parse(payload)
    return isTransaction(json) ? json : transactionSchema.safeParse(json).data
  } catch {
    return undefined
  }
}
