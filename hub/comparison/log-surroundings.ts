/** What the log holds of a stream at and around some of its numbers. */
import { hash } from 'node:crypto'
import { type ChainedFields, chainText, recordKinds } from '#sync/contract/record.ts'
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import type { Surroundings } from './chain-fit.ts'

export interface HeldRow {
  seq: number
  kind: string
  verdict: string
  captured_at: string
  payload: string
  payload_hash: string
  previous_hash: string
}

export interface HeldRows extends Surroundings {
  at(seq: number): HeldRow | undefined
}

export interface StreamHead {
  deviceId: string
  incarnation: string
  ackedSeq: number
  headHash: string
}

/** The rows with these numbers, and those right before and behind each. */
export const readHeldRows = async (trx: Transaction<Tables>, stream: StreamHead, seqs: readonly number[]): Promise<HeldRows> => {
  const wanted = [...new Set(seqs.flatMap((seq) => [seq - 1, seq, seq + 1]))]
  const { rows } = await sql<HeldRow>`
    select seq, kind, verdict, captured_at, payload, payload_hash, previous_hash from record_log
    where device_id = ${stream.deviceId} and incarnation = ${stream.incarnation} and seq = any(${wanted}::bigint[])`.execute(trx)
  const bySeq = new Map(rows.map((row) => [row.seq, row]))
  const hashAt = (seq: number): string | undefined => {
    const row = bySeq.get(seq)
    // What intake kept of a kind that is none was cut: its chain hash cannot be had again.
    return row && recordKinds.some((kind) => kind === row.kind) ? hash('sha256', chainText(chained(stream, row)), 'hex') : undefined
  }
  return {
    at: (seq) => bySeq.get(seq),
    hashAt,
    namedBehind: (seq) => (seq === stream.ackedSeq ? stream.headHash : bySeq.get(seq + 1)?.previous_hash),
  }
}

const chained = ({ deviceId, incarnation }: StreamHead, row: HeldRow): ChainedFields => ({
  ...{ deviceId, incarnation, seq: row.seq, kind: row.kind, capturedAt: row.captured_at },
  ...{ payloadHash: row.payload_hash, previousHash: row.previous_hash },
})
