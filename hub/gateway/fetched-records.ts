/**
 * A device's own records, back from the log for a disk that lost them [JNL2]: ascending, as they were received. What the log could not
 * keep byte for byte (a payload with NUL, a record outside the contract) is left out: its payload no longer has the hash that it names.
 */
import { hash } from 'node:crypto'
import { batchLimits } from '#sync/contract/protocol.ts'
import { recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import type { UpRequest, UpResponse } from '#sync/contract/up.ts'
import { wireBytesOf } from '#sync/core/wire-size.ts'
import type { Database } from '../storage/database.ts'

type Fetched = Extract<UpResponse<'fetch'>, { outcome: 'fetched' }>

const rowsAtOnce = 200

/** `more` only behind at least one record, so that whoever asks on from the last one gets further. */
export const fetchRecords = async (
  db: Database,
  deviceId: string,
  { incarnation, fromSeq, toSeq }: UpRequest<'fetch'>,
): Promise<Fetched> => {
  const records: TidelineRecord[] = []
  let bytes = 0
  for (let after = fromSeq - 1; ;) {
    const rows = await db
      .selectFrom('record_log')
      .select(['seq', 'kind', 'captured_at', 'payload', 'payload_hash', 'previous_hash'])
      .where('device_id', '=', deviceId)
      .where('incarnation', '=', incarnation)
      .where('seq', '>', after)
      .where('seq', '<=', toSeq)
      .orderBy('seq')
      .limit(rowsAtOnce)
      .execute()
    for (const row of rows) {
      const record = asReceived(deviceId, incarnation, row)
      if (!record) continue
      bytes += wireBytesOf(record)
      const isFull = records.length === batchLimits.maxRecords || (records.length > 0 && bytes > batchLimits.maxBytes)
      if (isFull) return { outcome: 'fetched', records, more: true }
      records.push(record)
    }
    const last = rows.at(-1)
    if (!last || rows.length < rowsAtOnce) return { outcome: 'fetched', records, more: false }
    after = last.seq
  }
}

interface KeptRow {
  seq: number
  kind: string
  captured_at: string
  payload: string
  payload_hash: string
  previous_hash: string
}

const asReceived = (deviceId: string, incarnation: string, row: KeptRow): TidelineRecord | null => {
  if (hash('sha256', row.payload, 'hex') !== row.payload_hash) return null
  const { seq, kind, captured_at: capturedAt, payload, payload_hash: payloadHash, previous_hash: previousHash } = row
  return recordSchema.safeParse({ deviceId, incarnation, seq, kind, capturedAt, payload, payloadHash, previousHash }).data ?? null
}
