/** A log full of sales, as intake would have it: true hashes, chained, one natural key each; written in large steps, without a till or a line. */
import type { Database } from '#hub/storage/database.ts'
import { insertRecords, type StreamIdentity } from '#hub/intake/transaction-log.ts'
import { chainText, genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import { enrolModelDevice, receipt, sha256 } from '#test/hub/model-device.ts'
import { sql } from 'kysely'
import { variedBasket } from './waiting-store.ts'

const rowsAtOnce = 2_000
const salesPerDay = 400

const dayNumber = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10)

export const fillLog = async (db: Database, stores: number, each: number, progress: (line: string) => void): Promise<number> => {
  for (let n = 0; n < stores; n++) {
    const { deviceId, incarnation, storeId } = await enrolModelDevice(db, `S${n}`)
    await fillStream(db, { deviceId, incarnation, storeId }, each, n * each)
    if ((n + 1) % 10 === 0) progress(`${(n + 1) * each} records are in the log`)
  }
  await sql`analyze record_log`.execute(db)
  return stores * each
}

const fillStream = async (db: Database, stream: StreamIdentity, count: number, salt: number): Promise<void> => {
  const pattern = receipt(1, { storeId: stream.storeId, workstationId: stream.deviceId })
  let head: string = genesisHash
  for (let from = 1; from <= count; from += rowsAtOnce) {
    const rows = Array.from({ length: Math.min(rowsAtOnce, count - from + 1) }, (_, index) => {
      const seq = from + index
      const businessDay = dayNumber(Math.floor(seq / salesPerDay))
      // As the schema would give it back: the basket was made by its rules, and a million of them need not be read again.
      const sale = {
        ...pattern,
        ...variedBasket(salt + seq),
        sequenceNumber: seq,
        businessDay,
        endedAt: `${businessDay}T10:00:00`,
      } as Transaction
      const payload = canonicalText(sale)
      const place = { deviceId: stream.deviceId, incarnation: stream.incarnation, seq, kind: 'transaction' as const }
      const record = {
        ...place,
        capturedAt: `${businessDay}T10:00:01.000Z`,
        payload,
        payloadHash: sha256(payload),
        previousHash: head,
      } as TidelineRecord
      head = sha256(chainText(record))
      return { record, naturalKey: naturalKeyOf(sale), verdict: 'accepted' as const, reason: null }
    })
    await db.transaction().execute((trx) => insertRecords(trx, stream, rows))
  }
  await sql`insert into device_stream (device_id, incarnation, acked_seq, head_hash, last_batch_at)
    values (${stream.deviceId}, ${stream.incarnation}, ${count}, ${head}, now())`.execute(db)
}
