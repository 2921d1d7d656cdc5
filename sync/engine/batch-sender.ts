/**
 * Sends batches, packed when the hub takes them so. Packing takes time and several batches do it at once; they still go on the line in
 * the order in which they were given, each as soon as those before it have gone.
 */
import type { Packed } from '#sync/contract/packed.ts'
import { packedLimits } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { BatchAnswer } from '#sync/core/outbox.ts'
import { LinkLost, type Codec } from '#sync/core/ports.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

export interface BatchSenderPorts {
  line: Pick<HubLine, 'request' | 'speaks' | 'isCurrent'>
  codec: Codec
  log: EngineLog
}

export interface BatchSender {
  /** Rejects with LinkLost as any request does. */
  send(connection: number, records: readonly TidelineRecord[]): Promise<BatchAnswer>
}

export const createBatchSender = ({ line, codec, log }: BatchSenderPorts): BatchSender => {
  let gone: Promise<void> = Promise.resolve()

  /** Null when the batch has to travel plain. */
  const packed = async (records: readonly TidelineRecord[]): Promise<Packed | null> => {
    if (!line.speaks('packedBatch')) return null
    try {
      // A batch is bounded, and a record by itself: neither comes near `packedLimits.maxInflatedBytes`.
      const result = await codec.pack(JSON.stringify({ records }))
      return result.bytes.length > packedLimits.maxBytes ? null : result
    } catch (error) {
      log('warn', 'a batch could not be packed; it is sent plain', { reason: reasonOf(error) })
      return null
    }
  }
  const emit = (records: readonly TidelineRecord[], batch: Packed | null): Promise<BatchAnswer> =>
    batch === null
      ? line.request('batch', { records: [...records] })
      : line.request('packedBatch', { ...batch, fromSeq: records[0]?.seq ?? 0, count: records.length })

  const send = async (connection: number, records: readonly TidelineRecord[]): Promise<BatchAnswer> => {
    const packing = packed(records)
    const before = gone
    let leave = (): void => undefined
    gone = new Promise((resolve) => (leave = resolve))
    try {
      await before
      const batch = await packing
      if (!line.isCurrent(connection)) throw new LinkLost('the connection ended before the batch had gone')
      const answer = emit(records, batch)
      leave()
      return await answer
    } finally {
      leave()
    }
  }
  return { send }
}
