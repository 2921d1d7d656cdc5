/** A batch, plain or packed: read and accepted within one turn at the database, so that few inflated ones are held at once. */
import { batchLimits } from '#sync/contract/protocol.ts'
import type { UpResponse } from '#sync/contract/up.ts'
import { acceptBatch } from '../intake/accept-batch.ts'
import type { ReceivedBatch } from '../intake/received-batch.ts'
import { refuse, refuseError } from './answer.ts'
import type { RequestContext } from './request.ts'
import type { Peer } from './session.ts'

export type BatchReader = (message: unknown) => ReceivedBatch | Promise<ReceivedBatch>

export const batchAnswer =
  (read: BatchReader) =>
  async ({ db, log, metrics, limit }: RequestContext, peer: Peer, message: unknown): Promise<UpResponse<'batch'>> => {
    const endTimer = metrics.batchSeconds.startTimer()
    try {
      return await limit.run(async () => {
        const received = await read(message)
        if (received.outcome === 'unreadable') return refuseUnread(received.message)
        const response = await acceptBatch(db, peer, received.records)
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
