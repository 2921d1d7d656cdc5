/** The append to the log, in one statement. Rows go in the order of their natural keys, so that two devices cannot deadlock. */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { genesisHash } from '#sync/contract/record.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import type { Database } from '../storage/database.ts'
import { isTakenKey } from '../storage/failure.ts'
import { textColumn } from '../storage/unnested.ts'
import type { Tables } from '../storage/tables.ts'
import type { StreamPosition } from './judge.ts'
import type { ReceivedRecord } from './received-batch.ts'
import { withoutNul } from '../storage/storable.ts'

/** NOTIFY channel that wakes the merge workers. */
export const logChannel = 'tideline_log'

export interface StreamIdentity {
  deviceId: string
  incarnation: string
  storeId: string
}

export interface LogRow {
  record: ReceivedRecord
  naturalKey: string | null
  verdict: Verdict['verdict']
  reason: string | null
}

const insertion = sql.raw(`insert into record_log
  (device_id, incarnation, store_id, seq, kind, verdict, reason, natural_key, captured_at, payload, payload_hash, previous_hash)`)

const selection = (stream: StreamIdentity, rows: readonly LogRow[]): RawBuilder<unknown> => {
  const ordered = [...rows].sort(byNaturalKey)
  const column = (pick: (row: LogRow) => string | null) => textColumn(ordered.map(pick))
  return sql`select ${stream.deviceId}, ${stream.incarnation}, ${stream.storeId}, * from unnest(
      ${column((row) => String(row.record.seq))}::bigint[], ${column((row) => word(row.record.kind))}, ${column((row) => row.verdict)},
      ${column((row) => row.reason)}, ${column((row) => row.naturalKey)}, ${column((row) => word(row.record.capturedAt))},
      ${column((row) => withoutNul(row.record.payload))}, ${column((row) => row.record.payloadHash)}, ${column((row) => row.record.previousHash)})`
}

/** Returns how many were inserted: an accepted record whose natural key is held already is left out. */
export const insertRecords = async (trx: Transaction<Tables>, stream: StreamIdentity, rows: readonly LogRow[]): Promise<number> => {
  const result = await sql`
    ${insertion} ${selection(stream, rows)}
    on conflict (store_id, natural_key) where verdict = 'accepted' and natural_key is not null do nothing`.execute(trx)
  return Number(result.numAffectedRows ?? 0n)
}

export interface StreamStep {
  from: StreamPosition
  to: StreamPosition
}

/** Of a stream that stands at `from`; one that begins here is made. */
const move = ({ deviceId, incarnation }: StreamIdentity, { from, to }: StreamStep): RawBuilder<unknown> => {
  const welcome = sql`exists (select from device where device_id = ${deviceId} and revoked_at is null)`
  const standing = sql`s.acked_seq = ${from.ackedSeq} and s.head_hash = ${from.headHash}`
  if (from.ackedSeq > 0 || from.headHash !== genesisHash)
    return sql`
      update device_stream s set acked_seq = ${to.ackedSeq}, head_hash = ${to.headHash}, last_batch_at = now()
      where device_id = ${deviceId} and incarnation = ${incarnation} and ${standing} and ${welcome} returning 1`
  return sql`
    insert into device_stream as s (device_id, incarnation, acked_seq, head_hash, last_batch_at)
    select ${deviceId}, ${incarnation}, ${to.ackedSeq}::bigint, ${to.headHash}, now() where ${welcome}
    on conflict (device_id, incarnation) do
      update set acked_seq = excluded.acked_seq, head_hash = excluded.head_hash, last_batch_at = now() where ${standing} returning 1`
}

/**
 * Moves the stream on and appends what it brought, in one statement that is a transaction by itself: half the cost of taking turns with
 * the database. False, and nothing is done, where the stream does not stand at `from`, the device was revoked, or a natural key is held.
 */
export const appendAtOnce = async (db: Database, stream: StreamIdentity, step: StreamStep, rows: readonly LogRow[]): Promise<boolean> => {
  try {
    const { rows: moved } = await sql`
      with moved as (${move(stream, step)}),
      appended as (${insertion} ${selection(stream, rows)} where exists (select from moved))
      select pg_notify(${logChannel}, '') from moved`.execute(db)
    return moved.length > 0
  } catch (error) {
    if (isTakenKey(error)) return false
    throw error
  }
}

const byNaturalKey = (a: LogRow, b: LogRow): number => {
  const [first, second] = [a.naturalKey ?? '', b.naturalKey ?? '']
  if (first === second) return a.record.seq - b.record.seq
  return first < second ? -1 : 1
}

/** Kind and time of an unread record can be any text. */
const word = (text: string): string => withoutNul(text.slice(0, 64))
