/** What the gateway itself answers: batches up, feed pages and a device's own records down. Other parts bring theirs (`moreRequests`). */
import { fetchSchema, type UpResponse } from '#sync/contract/up.ts'
import { receivePackedBatch } from '../intake/packed-batch.ts'
import { receiveBatch } from '../intake/received-batch.ts'
import { receiveTerseBatch } from '../intake/terse-batch.ts'
import { batchAnswer } from './answer-batch.ts'
import { answerPull } from './answer-pull.ts'
import { refuse, refuseError } from './answer.ts'
import type { Urgency } from './fair-queue.ts'
import { fetchRecords } from './fetched-records.ts'
import type { RequestContext, Requests } from './request.ts'
import type { Peer } from './session.ts'

/** Records of the device's own journals, in whichever of its lives; never another's, whatever it asks for. */
const answerFetch = async ({ db, log, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'fetch'>> => {
  const parsed = fetchSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a request for records of a journal')
  try {
    return await limit.run(() => fetchRecords(db, peer.deviceId, parsed.data))
  } catch (error) {
    return refuseError(error, log)
  }
}

export const ownRequests: Requests = {
  batch: batchAnswer(receiveBatch),
  packedBatch: batchAnswer(receivePackedBatch),
  terseBatch: batchAnswer(receiveTerseBatch),
  pull: answerPull,
  fetch: answerFetch,
}

/** Each of them continues the journal: they are taken in the order they came. */
export const inTurn: ReadonlySet<string> = new Set(['batch', 'packedBatch', 'terseBatch'])

/** What a store waits for least patiently; all else is bulk at the database's door. */
const urgent: ReadonlySet<string> = new Set([...inTurn, 'report'])

export const urgencyOf = (event: string): Urgency => (urgent.has(event) ? 'urgent' : 'bulk')
