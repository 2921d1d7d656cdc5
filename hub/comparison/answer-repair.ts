/** Request `repair`: records of any life of the peer's own journal that a comparison found wanting [TRN22]. */
import { batchLimits } from '#sync/contract/protocol.ts'
import { recordIdOf } from '#sync/contract/record.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { refuse, refuseError } from '../gateway/answer.ts'
import type { Request } from '../gateway/request.ts'
import type { Peer } from '../gateway/session.ts'
import { receiveBatch, type ReceivedRecord } from '../intake/received-batch.ts'
import { grouped } from '../grouped.ts'
import type { Database } from '../storage/database.ts'
import { retryContention } from '../storage/failure.ts'
import { fillInLog } from './fill-in.ts'

export const answerRepair: Request = async ({ db, log, limit }, peer, message): Promise<UpResponse<'repair'>> => {
  // The same shape as a batch: here too a record outside the contract does not hold up the others [TRN7].
  const received = receiveBatch(message)
  if (received.outcome === 'unreadable')
    return refuse('UNKNOWN_MESSAGE', `not a repair of at most ${batchLimits.maxRecords} records: ${received.message}`)
  const foreign = received.records.find(({ deviceId }) => deviceId !== peer.deviceId)
  if (foreign) return refuse('INVALID', `record ${recordIdOf(foreign)} is not of this device`)
  try {
    return await limit.run(() => repair(db, peer, received.records))
  } catch (error) {
    return refuseError(error, log)
  }
}

/** Each life of the journal in a transaction of its own. */
const repair = async (db: Database, { deviceId, storeId }: Peer, records: readonly ReceivedRecord[]): Promise<UpResponse<'repair'>> => {
  const repaired = { outcome: 'repaired' as const, filledIn: 0, known: 0, differing: [] as number[] }
  for (const [incarnation, each] of grouped(records, (record) => record.incarnation)) {
    const stream = { deviceId, incarnation, storeId }
    const filled = await retryContention(() => db.transaction().execute((trx) => fillInLog(trx, stream, each)))
    if (filled === 'revoked') return refuse('REVOKED_DEVICE', 'this device was revoked at the hub')
    repaired.filledIn += filled.filledIn
    repaired.known += filled.known
    repaired.differing.push(...filled.differing)
  }
  return repaired
}
