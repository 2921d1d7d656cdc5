/** What the gateway itself answers: batches up, feed pages and a device's own records down. Other parts bring theirs (`moreRequests`). */
import { batchLimits } from '#sync/contract/protocol.ts'
import { fetchSchema, type UpResponse } from '#sync/contract/up.ts'
import { acceptBatch } from '../intake/accept-batch.ts'
import { receiveBatch } from '../intake/received-batch.ts'
import { answerPull } from './answer-pull.ts'
import { refuse, refuseError } from './answer.ts'
import { fetchRecords } from './fetched-records.ts'
import type { RequestContext, Requests } from './request.ts'
import type { Peer } from './session.ts'

const answerBatch = async ({ db, log, metrics, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'batch'>> => {
  const received = receiveBatch(message)
  if (received.outcome === 'unreadable')
    return refuse('UNKNOWN_MESSAGE', `not a batch of at most ${batchLimits.maxRecords} records: ${received.message}`)
  const { records } = received
  const endTimer = metrics.batchSeconds.startTimer()
  try {
    const response = await limit.run(() => acceptBatch(db, peer, records))
    if (response.outcome === 'acknowledged') metrics.countBatch(records.length, response.verdicts)
    return response
  } catch (error) {
    return refuseError(error, log)
  } finally {
    endTimer()
  }
}

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

export const ownRequests: Requests = { batch: answerBatch, pull: answerPull, fetch: answerFetch }
