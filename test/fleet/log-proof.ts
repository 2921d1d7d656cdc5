/**
 * Is each store's journal in the hub's log, once? The log's chain must end where the journal's does, with as many records, numbered
 * without a gap, all accepted, and no receipt under two numbers.
 */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '#hub/storage/tables.ts'
import { genesisHash } from '#sync/contract/record.ts'
import type { JournalEnd } from './light-agent.ts'

export interface LogProof {
  stores: number
  records: number
  /** In plain words, one for each store whose journal is not in the log once. */
  findings: string[]
}

interface LogRow {
  device_id: string
  incarnation: string
  records: number
  last_seq: number
  accepted: number
  receipts: number
  head_hash: string
}

export const proveLog = async (db: Kysely<Tables>, journals: readonly JournalEnd[]): Promise<LogProof> => {
  const { rows } = await sql<LogRow>`
    select s.device_id, s.incarnation, s.head_hash, count(r.seq) as records, coalesce(max(r.seq), 0) as last_seq,
      count(*) filter (where r.verdict = 'accepted') as accepted, count(distinct r.natural_key) as receipts
    from device_stream s left join record_log r using (device_id, incarnation)
    where s.device_id = any(${journals.map((journal) => journal.deviceId)}::text[])
    group by s.device_id, s.incarnation, s.head_hash`.execute(db)
  const found = new Map<string, LogRow[]>()
  for (const row of rows) found.set(row.device_id, [...(found.get(row.device_id) ?? []), row])
  return {
    stores: journals.length,
    records: rows.reduce((sum, row) => sum + row.records, 0),
    findings: journals.flatMap((journal) => findingOf(journal, found.get(journal.deviceId) ?? []) ?? []),
  }
}

const emptyRow = { records: 0, last_seq: 0, accepted: 0, receipts: 0, head_hash: genesisHash }

const findingOf = ({ deviceId, incarnation, seq, headHash }: JournalEnd, rows: readonly LogRow[]): string | null => {
  if (rows.some((row) => row.incarnation !== incarnation)) return `${deviceId}: the log has another journal of it as well`
  const row = rows[0] ?? emptyRow
  if (row.records !== seq) return `${deviceId}: the journal has ${seq} records, the log ${row.records}`
  if (row.last_seq !== seq) return `${deviceId}: the journal ends at ${seq}, the log at ${row.last_seq}`
  if (row.head_hash !== headHash) return `${deviceId}: journal and log end in different records`
  if (row.accepted !== seq) return `${deviceId}: ${seq - row.accepted} records were not accepted`
  return row.receipts === seq ? null : `${deviceId}: ${seq} records, but ${row.receipts} different receipts`
}
