/**
 * Fills records into the log that it had acknowledged and lacks [TRN22], under the lock of their stream: judged as intake judges, noted
 * for the projections that are past them, counted to their business day. The watermark stays, and what is there is never overwritten.
 */
import { hash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { appendToLog } from '../intake/accept-batch.ts'
import { logChannel, type StreamIdentity } from '../intake/transaction-log.ts'
import { type Judged, judgeRecords } from '../intake/judge.ts'
import type { ReceivedRecord } from '../intake/received-batch.ts'
import { noteLate } from '../merge/late-records.ts'
import type { Tables } from '../storage/tables.ts'
import { chainFlaws, type Surroundings } from './chain-fit.ts'
import { type HeldRow, readHeldRows, type StreamHead } from './log-surroundings.ts'
import { tellDiffering, tellFilledIn } from './repair-exceptions.ts'

export interface FilledIn {
  filledIn: number
  known: number
  differing: number[]
}

const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** Records of one stream. Those behind the watermark are left to `batch`; a device that was revoked fills in nothing. */
export const fillInLog = async (
  trx: Transaction<Tables>,
  stream: StreamIdentity,
  received: readonly ReceivedRecord[],
): Promise<FilledIn | 'revoked'> => {
  const head = await lockHead(trx, stream)
  if (head === 'revoked') return head
  const records = inOrder(received).filter(({ seq }) => seq <= head.ackedSeq)
  const held = await readHeldRows(
    trx,
    head,
    records.map(({ seq }) => seq),
  )
  const differing = records.filter((record) => isOther(record, held.at(record.seq)))
  const missing = records.filter(({ seq }) => held.at(seq) === undefined)
  await tellDiffering(trx, stream, differing)
  if (missing.length > 0) await fillIn(trx, stream, missing, held)
  return {
    filledIn: missing.length,
    known: records.length - missing.length - differing.length,
    differing: differing.map(({ seq }) => seq),
  }
}

const fillIn = async (
  trx: Transaction<Tables>,
  stream: StreamIdentity,
  missing: readonly ReceivedRecord[],
  held: Surroundings,
): Promise<void> => {
  const flaws = chainFlaws(missing, held, sha256)
  const judged = missing.flatMap((record) =>
    judgeRecords([record], record.previousHash, stream.storeId, sha256).map((each) => withFlaw(each, flaws.get(record.seq))),
  )
  await appendToLog(trx, stream, judged)
  await noteLate(
    trx,
    stream,
    missing.map(({ seq }) => seq),
  )
  await tellFilledIn(trx, stream, missing)
  await sql`select pg_notify(${logChannel}, '')`.execute(trx)
}

const withFlaw = (judged: Judged, flaw: string | undefined): Judged =>
  flaw === undefined || judged.verdict !== 'accepted' ? judged : { ...judged, verdict: 'quarantined', reason: flaw }

const inOrder = (records: readonly ReceivedRecord[]): ReceivedRecord[] =>
  [...new Map(records.map((record) => [record.seq, record])).values()].sort((a, b) => a.seq - b.seq)

/** The log's own text is looked at too: whoever changed a row may have left its hash. Of a record in quarantine it may be an altered copy. */
const isOther = (record: ReceivedRecord, row: HeldRow | undefined): boolean =>
  row !== undefined &&
  (row.payload_hash !== record.payloadHash ||
    row.previous_hash !== record.previousHash ||
    (row.verdict !== 'quarantined' && sha256(row.payload) !== row.payload_hash))

const lockHead = async (trx: Transaction<Tables>, { deviceId, incarnation }: StreamIdentity): Promise<StreamHead | 'revoked'> => {
  const { rows } = await sql<{ ackedSeq: number; headHash: string; revoked: boolean }>`
    select s.acked_seq as "ackedSeq", s.head_hash as "headHash", d.revoked_at is not null as revoked
    from device_stream s join device d using (device_id)
    where s.device_id = ${deviceId} and s.incarnation = ${incarnation} for update of s`.execute(trx)
  const [row] = rows
  if (row?.revoked) return 'revoked'
  return { deviceId, incarnation, ackedSeq: row?.ackedSeq ?? 0, headHash: row?.headHash ?? '' }
}
