/** The append to the log, in one statement. Rows go in the order of their natural keys, so that two devices cannot deadlock. */
import { sql, type Transaction } from 'kysely'
import type { Verdict } from '#sync/contract/verdict.ts'
import type { Tables } from '../storage/tables.ts'
import type { ReceivedRecord } from './received-batch.ts'

export interface LogRow {
  record: ReceivedRecord
  naturalKey: string | null
  verdict: Verdict['verdict']
  reason: string | null
}

/** Returns how many were inserted: an accepted record whose natural key is held already is left out. */
export const insertRecords = async (
  trx: Transaction<Tables>,
  stream: { deviceId: string; incarnation: string; storeId: string },
  rows: readonly LogRow[],
): Promise<number> => {
  const ordered = [...rows].sort(byNaturalKey)
  const column = (pick: (row: LogRow) => string | null) => textColumn(ordered.map(pick))
  const result = await sql`
    insert into record_log (device_id, incarnation, store_id, seq, kind, verdict, reason, natural_key, captured_at, payload, payload_hash, previous_hash)
    select ${stream.deviceId}, ${stream.incarnation}, ${stream.storeId}, * from unnest(
      ${column((row) => String(row.record.seq))}::bigint[], ${column((row) => word(row.record.kind))}, ${column((row) => row.verdict)},
      ${column((row) => row.reason)}, ${column((row) => row.naturalKey)}, ${column((row) => word(row.record.capturedAt))},
      ${column((row) => storable(row.record.payload))}, ${column((row) => row.record.payloadHash)}, ${column((row) => row.record.previousHash)})
    on conflict (store_id, natural_key) where verdict = 'accepted' and natural_key is not null do nothing`.execute(trx)
  return Number(result.numAffectedRows ?? 0n)
}

const separator = '\u001f'
const absent = '\u001e'

/** One text, split by the server: quoting each element of an array cost a quarter of a batch's time. JSON text has no raw control characters. */
const textColumn = (values: readonly (string | null)[]) => {
  if (!values.every((value) => value === null || isSplittable(value))) return sql`${values}::text[]`
  return sql`string_to_array(${values.map((value) => value ?? absent).join(separator)}, ${separator}, ${absent})`
}

const isSplittable = (value: string): boolean => value !== '' && value !== absent && !value.includes(separator)

const byNaturalKey = (a: LogRow, b: LogRow): number => {
  const [first, second] = [a.naturalKey ?? '', b.naturalKey ?? '']
  if (first === second) return a.record.seq - b.record.seq
  return first < second ? -1 : 1
}

/** Kind and time of an unread record can be any text. */
const word = (text: string): string => storable(text.slice(0, 64))

/** Only a quarantined payload can contain NUL: JSON text never does. */
const storable = (payload: string): string => (payload.includes('\u0000') ? payload.replaceAll('\u0000', '\u2400') : payload)
