/** What a welcomed session may ask: batches up, feed pages and its own records down. Each message is parsed before anything else [TRN8]. */
import { batchLimits } from '#sync/contract/protocol.ts'
import { fetchSchema, pullSchema, type UpResponse } from '#sync/contract/up.ts'
import type { Logger } from 'pino'
import { feedScope, readFeed } from '../catalogue/feed.ts'
import { acceptBatch } from '../intake/accept-batch.ts'
import { receiveBatch } from '../intake/received-batch.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import { refuse, refuseError } from './answer.ts'
import { fetchRecords } from './fetched-records.ts'
import type { Peer } from './session.ts'
import type { WorkLimit } from './work-limit.ts'

export interface RequestContext {
  db: Database
  log: Logger
  metrics: HubMetrics
  limit: WorkLimit
}

export const answerBatch = async (
  { db, log, metrics, limit }: RequestContext,
  peer: Peer,
  message: unknown,
): Promise<UpResponse<'batch'>> => {
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

/** One page of a feed; the store reads only its own scope, whatever it asks for. */
export const answerPull = async ({ db, log, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'pull'>> => {
  const parsed = pullSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a request for a feed that this hub has')
  const { feed, after, limit: pageSize } = parsed.data
  try {
    const entries = await limit.run(() => readFeed(db, feed, feedScope(feed, peer.storeId), after, pageSize + 1))
    const page = entries.slice(0, pageSize)
    return { outcome: 'pulled', entries: page, checkpoint: page.at(-1)?.checkpoint ?? after, more: entries.length > pageSize }
  } catch (error) {
    return refuseError(error, log)
  }
}

/** Records of the device's own journals, in whichever of its lives; never another's, whatever it asks for. */
export const answerFetch = async ({ db, log, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'fetch'>> => {
  const parsed = fetchSchema.safeParse(message)
  if (!parsed.success) return refuse('UNKNOWN_MESSAGE', 'not a request for records of a journal')
  try {
    return await limit.run(() => fetchRecords(db, peer.deviceId, parsed.data))
  } catch (error) {
    return refuseError(error, log)
  }
}
