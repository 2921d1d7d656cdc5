/**
 * Exceptions that stores found themselves: a record of kind `exception` opens or resolves one. Its newest record counts, by its place
 * in the stream; one that a new life carried over is the record it was, and changes nothing [CAP13]. An exception is its store's: the
 * same id at another store is another exception. Open is stronger where two histories disagree. Only the store's word ends it.
 */
import type { StoreException } from '#sync/contract/store-exception.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import { type StoreId, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { sql, type Transaction } from 'kysely'
import { type LogRecord, readRecord } from '../merge/log-record.ts'
import { grouped } from '../grouped.ts'
import { newestOf, type Said } from '../merge/newest.ts'
import type { Tables } from '../storage/tables.ts'
import { exceptionRow } from './exception.ts'
import { withoutNul } from '../storage/storable.ts'

/** The store's id is escaped, so that no two pairs of store and exception are written alike. */
export const storeExceptionId = (storeId: string, exceptionId: string): string =>
  withoutNul(`store:${encodeURIComponent(storeId)}:${exceptionId}`)

export const heedStoreExceptions = async (trx: Transaction<Tables>, records: readonly LogRecord[]): Promise<void> => {
  // Nearly all records are of another kind, and need not be read for that.
  const rows = records.flatMap((row) => {
    if (row.kind !== 'exception') return []
    const read = readRecord(row)
    if (read.reading !== 'exception') return []
    const { device_id, incarnation, seq, store_id, captured_at, payload } = row
    return [
      { device_id, incarnation, seq, store_id, captured_at, payload, exception_id: storeExceptionId(store_id, read.exception.exceptionId) },
    ]
  })
  const [first] = rows
  if (!first) return
  // Two streams of one store may speak of one exception: the second waits, and then sees what the first one wrote.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`tideline store exceptions ${first.store_id}`}, 0))`.execute(trx)
  await sql`
    insert into store_exception_record select * from json_populate_recordset(null::store_exception_record, ${JSON.stringify(rows)}::json)
    on conflict (device_id, incarnation, seq) do update set exception_id = excluded.exception_id, payload = excluded.payload`.execute(trx)
  await settle(trx, storeIdSchema.parse(first.store_id), [...new Set(rows.map((row) => row.exception_id))])
}

interface SaidException extends Said {
  exceptionId: string
  exception: StoreException
}

const settle = async (trx: Transaction<Tables>, storeId: StoreId, exceptionIds: readonly string[]): Promise<void> => {
  const known = await trx.selectFrom('store_exception_record').selectAll().where('exception_id', 'in', exceptionIds).execute()
  const said = known.map((row): SaidException => ({
    deviceId: row.device_id,
    incarnation: row.incarnation,
    seq: row.seq,
    identity: `${row.captured_at} ${row.payload}`,
    exceptionId: row.exception_id,
    exception: storeExceptionSchema.parse(JSON.parse(row.payload)),
  }))
  const rows = [...grouped(said, (one) => one.exceptionId)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, each]) => rowOf(storeId, newestOf(each)))
  await sql`
    insert into exception (exception_id, kind, store_id, natural_key, record_id, workstation_id, business_day, sequence_number, message,
      amount_minor, currency, owner, state, resolved_at)
    select exception_id, kind, store_id, natural_key, record_id, workstation_id, business_day, sequence_number, message,
      amount_minor, currency, owner, state, case state when 'resolved' then now() end
    from json_populate_recordset(null::exception, ${JSON.stringify(rows)}::json)
    on conflict (exception_id) do update set kind = excluded.kind, natural_key = excluded.natural_key, record_id = excluded.record_id,
      workstation_id = excluded.workstation_id, business_day = excluded.business_day, sequence_number = excluded.sequence_number,
      message = excluded.message, amount_minor = excluded.amount_minor, currency = excluded.currency, owner = excluded.owner,
      state = excluded.state, resolved_at = case excluded.state when 'resolved' then coalesce(exception.resolved_at, now()) end`.execute(
    trx,
  )
}

const rowOf = (storeId: StoreId, newest: readonly SaidException[]) => {
  const counting = newest.find(({ exception }) => exception.state === 'open') ?? newest[0]
  if (!counting) return []
  const { exceptionId, exception, deviceId, incarnation, seq } = counting
  const { kind, message, amountMinor, currency, workstationId, businessDay, sequenceNumber } = exception
  const naturalKey =
    workstationId !== undefined && businessDay !== undefined && sequenceNumber !== undefined
      ? naturalKeyOf({ storeId, workstationId, businessDay, sequenceNumber })
      : undefined
  const recordId = `${deviceId}:${incarnation}:${seq}`
  const place = { workstationId, businessDay, sequenceNumber }
  const row = exceptionRow({ exceptionId, kind, storeId, naturalKey, recordId, place, message, amountMinor, currency })
  return [{ ...row, state: exception.state }]
}
