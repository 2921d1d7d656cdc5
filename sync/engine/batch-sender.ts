/**
 * Sends batches in the leanest form that the hub takes: terse, packed, plain. Packing takes time and several batches do it at once; they
 * still go on the line in the order in which they were given, each as soon as those before it have gone. Records whose chain does not
 * come out at the hub go once more, in full, over the next connection.
 */
import { must } from '#sync/contract/assert.ts'
import type { Packed } from '#sync/contract/packed.ts'
import { packedLimits } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { chainFrameOf, isOneRun, terseText } from '#sync/contract/terse-batch.ts'
import type { BatchAnswer } from '#sync/core/outbox.ts'
import { LinkLost, type Codec } from '#sync/core/ports.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'

export interface BatchSenderPorts {
  line: Pick<HubLine, 'request' | 'speaks' | 'isCurrent' | 'lose'>
  codec: Codec
  log: EngineLog
}

export interface BatchSender {
  /** Rejects with LinkLost as any request does. */
  send(connection: number, records: readonly TidelineRecord[]): Promise<BatchAnswer>
}

type Form = 'terseBatch' | 'packedBatch' | 'batch'

export const createBatchSender = ({ line, codec, log }: BatchSenderPorts): BatchSender => {
  let gone: Promise<void> = Promise.resolve()
  /** Up to here records go in full. */
  let fullThrough = 0

  const formOf = (records: readonly TidelineRecord[]): Form => {
    if (line.speaks('terseBatch') && (records[0]?.seq ?? 0) > fullThrough && isOneRun(records)) return 'terseBatch'
    return line.speaks('packedBatch') ? 'packedBatch' : 'batch'
  }
  /** Null when the batch has to travel plain. */
  const packed = async (records: readonly TidelineRecord[], form: Form): Promise<Packed | null> => {
    if (form === 'batch') return null
    try {
      // A batch is bounded, and a record by itself: neither comes near `packedLimits.maxInflatedBytes`.
      const result = await codec.pack(form === 'terseBatch' ? terseText(records) : JSON.stringify({ records }))
      return result.bytes.length > packedLimits.maxBytes ? null : result
    } catch (error) {
      log('warn', 'a batch could not be packed; it is sent plain', { reason: reasonOf(error) })
      return null
    }
  }
  const emit = async (records: readonly TidelineRecord[], form: Form, packing: Packed | null): Promise<BatchAnswer> => {
    if (packing === null) return line.request('batch', { records: [...records] })
    const [first, last] = [must(records[0], 'a record'), must(records.at(-1), 'a record')]
    const batch = { ...packing, fromSeq: first.seq, count: records.length }
    if (form !== 'terseBatch') return line.request('packedBatch', batch)
    const answer = await line.request('terseBatch', { ...batch, ...chainFrameOf(first, last) })
    if (answer.outcome !== 'refused' || answer.code !== 'BROKEN_CHAIN') return answer
    fullThrough = Math.max(fullThrough, last.seq)
    log('warn', 'the hub cannot confirm the chain of a batch; its records are sent in full', { fromSeq: first.seq, toSeq: last.seq })
    // What was sent behind it cannot be taken either.
    line.lose('the hub asks for records in full')
    throw new LinkLost('the batch goes in full')
  }

  const send = async (connection: number, records: readonly TidelineRecord[]): Promise<BatchAnswer> => {
    const form = formOf(records)
    const packing = packed(records, form)
    const before = gone
    let leave = (): void => undefined
    gone = new Promise((resolve) => (leave = resolve))
    try {
      await before
      const batch = await packing
      if (!line.isCurrent(connection)) throw new LinkLost('the connection ended before the batch had gone')
      const answer = emit(records, form, batch)
      leave()
      return await answer
    } finally {
      leave()
    }
  }
  return { send }
}
