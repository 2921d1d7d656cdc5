/** A batch, plain or packed: read and accepted within one turn at the database, so that few inflated ones are held at once. */
import { batchLimits } from '#sync/contract/protocol.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { acceptBatch } from '../intake/accept-batch.ts'
import type { ReceivedTerseBatch } from '../intake/terse-batch.ts'
import { refuse, refuseError } from './answer.ts'
import type { RequestContext } from './request.ts'
import type { Peer } from './session.ts'

export type BatchReader = (message: unknown) => ReceivedTerseBatch | Promise<ReceivedTerseBatch>

export const batchAnswer =
  (read: BatchReader) =>
  async ({ db, log, metrics, limit, before }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'batch'>> => {
    const endTimer = metrics.batchSeconds.startTimer()
    try {
      return await limit.run(async () => {
        const received = await read(message)
        if (received.outcome === 'unreadable') return refuseUnread(received.message)
        if (received.outcome === 'unproven') return refuse('BROKEN_CHAIN', received.message)
        const response = await acceptBatch(db, peer, received.records, { hashes: received.hashes, before })
        if (response.outcome === 'acknowledged') metrics.countBatch(received.records.length, response.verdicts)
        return response
      })
    } catch (error) {
      return refuseError(error, log)
    } finally {
      endTimer()
    }
  }

const refuseUnread = (message: string) => refuse('UNKNOWN_MESSAGE', `not a batch of at most ${batchLimits.maxRecords} records: ${message}`)
