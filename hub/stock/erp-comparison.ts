/**
 * Compares the hub's stock with the ERP's, store by store [STK7]: the hub's figures are read before and after the ERP's, and what moved
 * meanwhile is not judged. Exceptions and the comparison's own row commit together.
 */
import { type Kysely, sql } from 'kysely'
import { reportExceptions, resolveExceptions } from '../exception/exception.ts'
import { type ErpConnector, ErpUnavailable } from '../posting/connector.ts'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { type ComparedItem, compareStock, type HubStock } from './erp-differences.ts'
import { endedDifferences, stockExceptions } from './erp-exceptions.ts'

export type StockReader = Required<Pick<ErpConnector, 'readStock'>>

/** Null where the ERP keeps no stock, or its connector cannot read it. */
export const stockReaderOf = (connector: ErpConnector | null): StockReader | null =>
  connector?.readStock ? { readStock: (storeId) => connector.readStock?.(storeId) ?? Promise.resolve(null) } : null

export type StoreComparison =
  | { outcome: 'compared'; storeId: string; items: ComparedItem[] }
  /** Records of the store are in the log and not in the ledger yet. */
  | { outcome: 'merging'; storeId: string }
  | { outcome: 'unknown-store'; storeId: string }
  | { outcome: 'unavailable'; storeId: string; message: string }

/** `compared_on` is the day whose comparison it is. */
export const compareStore = async (db: Database, erp: StockReader, storeId: string, comparedOn: string): Promise<StoreComparison> => {
  const acknowledged = await readAcknowledged(db, storeId)
  const before = await readHubStock(db, storeId)
  const theirs = await erp.readStock(storeId).catch((cause: unknown) => {
    if (cause instanceof ErpUnavailable) return cause
    throw cause
  })
  if (theirs instanceof ErpUnavailable) return { outcome: 'unavailable', storeId, message: theirs.message }
  const after = await readHubStock(db, storeId)
  if (theirs === null) return note(db, { outcome: 'unknown-store', storeId }, comparedOn)
  if (!(await isMerged(db, storeId, acknowledged))) return { outcome: 'merging', storeId }
  return note(db, { outcome: 'compared', storeId, items: compareStock(before, after, theirs) }, comparedOn)
}

const readHubStock = async (db: Kysely<Tables>, storeId: string): Promise<HubStock[]> => {
  const { rows } = await sql<HubStock>`
    with flying as (
      select m.item_id, sum(m.quantity_milli)::bigint as milli, bool_or(p.state = 'in-doubt' or coalesce(p.locked_until > now(), false)) as in_doubt
      from posting p join stock_movement m on m.store_id = p.store_id and m.natural_key = p.posting_key
      where p.store_id = ${storeId} and p.state <> 'posted' group by 1)
    select item_id as "itemId", coalesce(b.quantity_milli, 0) as "onHandMilli", coalesce(f.milli, 0) as "inFlightMilli",
      coalesce(f.in_doubt, false) as "inDoubt"
    from (select * from stock_balance where store_id = ${storeId}) b full join flying f using (item_id)`.execute(db)
  return rows
}

interface Acknowledged {
  device_id: string
  incarnation: string
  acked_seq: number
}

const readAcknowledged = async (db: Kysely<Tables>, storeId: string): Promise<Acknowledged[]> => {
  const { rows } = await sql<Acknowledged>`
    select s.device_id, s.incarnation, s.acked_seq from device_stream s join device d using (device_id) where d.store_id = ${storeId}`.execute(
    db,
  )
  return rows
}

/** Ledger and postings have read what the hub had acknowledged when the comparison began. */
const isMerged = async (db: Kysely<Tables>, storeId: string, acknowledged: readonly Acknowledged[]): Promise<boolean> => {
  const { rows } = await sql`
    select from json_populate_recordset(null::device_stream, ${JSON.stringify(acknowledged)}::json) s cross join (values ('stock'), ('postings')) p (name)
    left join projection_position at on at.projection = p.name and at.device_id = s.device_id and at.incarnation = s.incarnation
    where s.acked_seq > coalesce(at.seq, 0)
    union all select from projection_late l join device d using (device_id)
    where d.store_id = ${storeId} and l.projection in ('stock', 'postings') limit 1`.execute(db)
  return rows.length === 0
}

const note = async <C extends StoreComparison & { outcome: 'compared' | 'unknown-store' }>(
  db: Database,
  comparison: C,
  comparedOn: string,
): Promise<C> => {
  const { storeId, outcome } = comparison
  const items = comparison.outcome === 'compared' ? comparison.items : []
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`tideline stock comparison ${storeId}`}, 0))`.execute(trx)
    const { rows: open } = await sql<{ exception_id: string; message: string }>`
      select exception_id, message from exception where kind = 'STOCK_DIFFERS' and store_id = ${storeId} and state = 'open'`.execute(trx)
    if (outcome === 'compared') {
      const told = new Map(open.map((row) => [row.exception_id, row.message]))
      const due = stockExceptions(storeId, items)
      await reportExceptions(
        trx,
        due.filter(({ exceptionId, message }) => told.get(exceptionId) !== message),
      )
      await resolveExceptions(trx, endedDifferences(storeId, items, [...told.keys()]))
    }
    const differing = items.filter((item) => item.outcome === 'differs').length
    await noteComparison(trx, { store_id: storeId, compared_on: comparedOn, outcome, items: items.length, differing })
  })
  return comparison
}

export const noteComparison = (db: Kysely<Tables>, row: Omit<Tables['stock_comparison'], 'compared_at'>) =>
  db
    .insertInto('stock_comparison')
    .values(row)
    .onConflict((conflict) => conflict.column('store_id').doUpdateSet({ ...row, compared_at: sql`now()` }))
    .execute()
