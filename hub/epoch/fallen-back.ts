/**
 * The hub has less of a journal than it once acknowledged in this very epoch: its database was restored, and nobody said so. One
 * exception for each store and epoch; it ends when a new epoch begins.
 */
import type { HubEpoch, StoreId } from '#sync/contract/vocabulary.ts'
import { exceptionId, reportExceptions } from '../exception/exception.ts'
import type { Database } from '../storage/database.ts'

export interface Remembered {
  epoch: HubEpoch
  ackedSeq: number
}

export const hasFallenBack = (remembers: Remembered | undefined, present: HubEpoch, ackedSeq: number): remembers is Remembered =>
  remembers !== undefined && remembers.epoch === present && ackedSeq < remembers.ackedSeq

export interface FallenBack {
  storeId: StoreId
  deviceId: string
  incarnation: string
  remembered: Remembered
  ackedSeq: number
}

export const reportFallenBack = async (db: Database, found: FallenBack): Promise<void> => {
  const { storeId, deviceId, incarnation, remembered, ackedSeq } = found
  const stream = await db
    .selectFrom('device_stream')
    .select('last_batch_at')
    .where('device_id', '=', deviceId)
    .where('incarnation', '=', incarnation)
    .executeTakeFirst()
  const since = stream?.last_batch_at ? `nothing since ${stream.last_batch_at.toISOString()} is there` : 'nothing of this journal is there'
  const missing = remembered.ackedSeq - ackedSeq
  const message =
    `The hub’s database lacks ${missing} records that it had acknowledged to store ${storeId} (numbers ${ackedSeq + 1} to ` +
    `${remembered.ackedSeq} of device ${deviceId}): ${since}. It was probably restored from a backup of about that time. ` +
    'The store has them all and keeps on selling, but sends nothing, so that nothing is mixed. Declare the restored database ' +
    '(POST /v1/epochs): then the stores send again what is missing, by themselves.'
  await reportExceptions(db, [
    { exceptionId: exceptionId('HUB_FELL_BACK', `${remembered.epoch}:${storeId}`), kind: 'HUB_FELL_BACK', storeId, message },
  ])
}
