/**
 * Accepts a batch in one transaction: records, natural keys and the stream's watermark commit together or not at all
 * [TRN4] [TRN5]. The stream row's lock makes one writer of any number of hub processes. The usual batch, new as a whole and at its
 * place, is one statement; any other one takes its turn under the lock. Payloads stay text: building jsonb would be most of the cost.
 */
import { hash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { must } from '#sync/contract/assert.ts'
import { genesisHash, recordIdOf } from '#sync/contract/record.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import type { Verdict } from '#sync/contract/verdict.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import type { Tables } from '../storage/tables.ts'
import { type Judged, judgeRecords, type KeyHolder, placeBatch, settleKey, type StreamPosition } from './judge.ts'
import type { ReceivedRecord } from './received-batch.ts'
import { appendAtOnce, insertRecords, logChannel, type LogRow, type StreamIdentity, type StreamStep } from './transaction-log.ts'

export type BatchResponse = UpResponse<'batch'>

const sha256 = (text: string): string => hash('sha256', text, 'hex')

export interface AcceptOptions {
  /** The records' chain hashes, where whoever gives them has computed those and all that the records name. */
  hashes?: readonly string[] | undefined
  /** The batch before this one, where it is still under way: the database is not asked before it has ended. */
  before?: Promise<unknown> | undefined
}

export const acceptBatch = async (
  db: Database,
  stream: StreamIdentity,
  records: readonly ReceivedRecord[],
  { hashes, before }: AcceptOptions = {},
): Promise<BatchResponse> => {
  const foreign = records.find((record) => record.deviceId !== stream.deviceId || record.incarnation !== stream.incarnation)
  if (foreign) return { outcome: 'refused', code: 'INVALID', message: `record ${recordIdOf(foreign)} is not of this session's journal` }
  const awaited = judgeAsNext(stream, records, hashes)
  await before
  return retryContention(
    async () =>
      (awaited && (await acceptAtOnce(db, stream, awaited))) ??
      (await db.transaction().execute((trx) => acceptWithin(trx, stream, records, hashes))),
  )
}

type AwaitedBatch = StreamStep & { rows: readonly LogRow[] }

/** As if the stream stood where the batch begins; null for one with a hole. */
const judgeAsNext = ({ storeId }: StreamIdentity, records: readonly ReceivedRecord[], hashes?: readonly string[]): AwaitedBatch | null => {
  const [first] = records
  if (!first) return null
  const from = { ackedSeq: first.seq - 1, headHash: first.previousHash }
  if (placeBatch(from, records).place === 'gap') return null
  const judged = judgeRecords(records, from.headHash, storeId, sha256, hashes)
  const last = must(judged.at(-1), 'the last record of a batch')
  return { from, to: { ackedSeq: last.record.seq, headHash: last.hash }, rows: judged.map(rowOf) }
}

/** Null where the stream stands elsewhere, or somebody holds a natural key of the batch. */
const acceptAtOnce = async (db: Database, stream: StreamIdentity, { rows, ...step }: AwaitedBatch): Promise<BatchResponse | null> =>
  (await appendAtOnce(db, stream, step, rows)) ? { outcome: 'acknowledged', ackedSeq: step.to.ackedSeq, verdicts: verdictsOf(rows) } : null

const acceptWithin = async (
  trx: Transaction<Tables>,
  stream: StreamIdentity,
  records: readonly ReceivedRecord[],
  hashes?: readonly string[],
): Promise<BatchResponse> => {
  const locked = await lockStream(trx, stream)
  if (locked.revoked) return { outcome: 'refused', code: 'REVOKED_DEVICE', message: 'this device was revoked at the hub' }
  const placement = placeBatch(locked, records)
  if (placement.place === 'gap') return { outcome: 'gap', expectedSeq: placement.expectedSeq }

  const known = await storedVerdicts(trx, stream, placement.resent)
  if (known === 'other-journal')
    return { outcome: 'refused', code: 'JOURNAL_BEHIND', message: 'the hub holds other records under these numbers' }
  if (placement.fresh.length === 0) return { outcome: 'acknowledged', ackedSeq: locked.ackedSeq, verdicts: known }

  // The sender holds another record before these: it looks at its journal against ours when it comes back, and sends in full what is its own.
  const [next] = placement.fresh
  if (hashes && placement.resent.length === 0 && next && next.previousHash !== locked.headHash)
    return { outcome: 'refused', code: 'BROKEN_CHAIN', message: `record ${next.seq} does not follow the one that the hub holds before it` }

  const judged = judgeRecords(placement.fresh, locked.headHash, stream.storeId, sha256, hashes?.slice(placement.resent.length))
  const settled = await appendToLog(trx, stream, judged)
  const last = must(judged.at(-1), 'a fresh record')
  await sql`
    with moved as (
      update device_stream set acked_seq = ${last.record.seq}, head_hash = ${last.hash}, last_batch_at = now()
      where device_id = ${stream.deviceId} and incarnation = ${stream.incarnation} returning 1)
    select pg_notify(${logChannel}, '') from moved`.execute(trx)
  return { outcome: 'acknowledged', ackedSeq: last.record.seq, verdicts: [...known, ...settled] }
}

interface LockedStream extends StreamPosition {
  revoked: boolean
}

const lockStream = async (trx: Transaction<Tables>, { deviceId, incarnation }: StreamIdentity): Promise<LockedStream> => {
  for (;;) {
    const { rows } = await sql<{ ackedSeq: number; headHash: string; revoked: boolean }>`
      select s.acked_seq as "ackedSeq", s.head_hash as "headHash", d.revoked_at is not null as revoked
      from device_stream s join device d using (device_id)
      where s.device_id = ${deviceId} and s.incarnation = ${incarnation} for update of s`.execute(trx)
    if (rows[0]) return rows[0]
    await sql`insert into device_stream (device_id, incarnation, head_hash) values (${deviceId}, ${incarnation}, ${genesisHash})
      on conflict do nothing`.execute(trx)
  }
}

/** What the log says of records that it has. Other content under the same number means that the disk was cloned or restored. */
const storedVerdicts = async (
  trx: Transaction<Tables>,
  { deviceId, incarnation }: StreamIdentity,
  resent: readonly ReceivedRecord[],
): Promise<Verdict[] | 'other-journal'> => {
  const first = resent[0]
  const last = resent.at(-1)
  if (!first || !last) return []
  const rows = await trx
    .selectFrom('record_log')
    .select(['seq', 'verdict', 'reason', 'payload_hash', 'previous_hash'])
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .where('seq', '>=', first.seq)
    .where('seq', '<=', last.seq)
    .orderBy('seq')
    .execute()
  const same = rows.every(
    (row, index) => row.payload_hash === resent[index]?.payloadHash && row.previous_hash === resent[index]?.previousHash,
  )
  if (!same || rows.length !== resent.length) return 'other-journal'
  return rows
    .filter((row) => row.verdict !== 'accepted')
    .map((row) => verdictOf(row.seq, { verdict: row.verdict as Verdict['verdict'], reason: row.reason ?? undefined }))
}

const verdictOf = (seq: number, { verdict, reason }: { verdict: Verdict['verdict']; reason?: string | undefined }): Verdict =>
  reason === undefined ? { seq, verdict } : { seq, verdict, reason }

/** Inserts as accepted what can be; a natural key that is held already makes its record a duplicate or a conflict. */
export const appendToLog = async (trx: Transaction<Tables>, stream: StreamIdentity, judged: readonly Judged[]): Promise<Verdict[]> => {
  const rows = judged.map(rowOf)
  const stored = await insertRecords(trx, stream, rows)
  if (stored === rows.length) return verdictsOf(rows)
  const refused = await missingRows(trx, stream, rows)
  const holders = await keyHolders(trx, stream.storeId, refused)
  const settled = refused.map((row): LogRow => {
    const key = must(row.naturalKey, 'the natural key of a record that was not inserted')
    const { verdict, reason } = settleKey(row.record.payloadHash, key, must(holders.get(key), `the holder of ${key}`))
    return { ...row, verdict, reason: reason ?? null }
  })
  await insertRecords(trx, stream, settled)
  const bySeq = new Map(settled.map((row) => [row.record.seq, row]))
  return verdictsOf(rows.map((row) => bySeq.get(row.record.seq) ?? row))
}

const rowOf = ({ record, naturalKey, verdict, reason }: Judged): LogRow => ({ record, naturalKey, verdict, reason })

const verdictsOf = (rows: readonly LogRow[]): Verdict[] =>
  rows
    .filter((row) => row.verdict !== 'accepted')
    .map((row) => verdictOf(row.record.seq, { verdict: row.verdict, reason: row.reason ?? undefined }))

const missingRows = async (
  trx: Transaction<Tables>,
  { deviceId, incarnation }: StreamIdentity,
  rows: readonly LogRow[],
): Promise<LogRow[]> => {
  const first = must(rows[0], 'a row').record.seq
  const present = await trx
    .selectFrom('record_log')
    .select('seq')
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .where('seq', '>=', first)
    .execute()
  const seqs = new Set(present.map((row) => row.seq))
  return rows.filter((row) => !seqs.has(row.record.seq))
}

const keyHolders = async (trx: Transaction<Tables>, storeId: string, rows: readonly LogRow[]): Promise<Map<string, KeyHolder>> => {
  const keys = rows.map((row) => row.naturalKey)
  const { rows: found } = await sql<{ key: string; device_id: string; incarnation: string; seq: number; payload_hash: string }>`
    select natural_key as key, device_id, incarnation, seq, payload_hash from record_log
    where store_id = ${storeId} and natural_key = any(${keys}) and verdict = 'accepted'`.execute(trx)
  return new Map(
    found.map((row) => [row.key, { recordId: `${row.device_id}:${row.incarnation}:${row.seq}`, payloadHash: row.payload_hash }]),
  )
}

/** Where the hub stands in a stream; nothing yet for a journal that it never saw. */
export const readPosition = async (db: Database, deviceId: string, incarnation: string): Promise<StreamPosition> => {
  const row = await db
    .selectFrom('device_stream')
    .select(['acked_seq', 'head_hash'])
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .executeTakeFirst()
  return row ? { ackedSeq: row.acked_seq, headHash: row.head_hash } : { ackedSeq: 0, headHash: genesisHash }
}
