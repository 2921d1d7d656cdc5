/**
 * A compressed batch becomes a batch again [TRN13]. Inflating stops at the contract's bound; what is over it, is not one whole
 * DEFLATE stream of JSON, or holds other records than it says, is refused whole.
 */
import { isUtf8 } from 'node:buffer'
import { inflateRaw, type ZlibOptions } from 'node:zlib'
import { packedLimits } from '#sync/contract/protocol.ts'
import { packedBatchSchema } from '#sync/contract/up.ts'
import { type ReceivedBatch, receiveBatch, unreadable, wordIssues } from './received-batch.ts'

/** Larger than a usual batch's text, so that it comes in one piece: each costs a turn of the thread pool and a copy. */
const inflating: ZlibOptions = { maxOutputLength: packedLimits.maxInflatedBytes, chunkSize: 1_048_576, info: true }

export const receivePackedBatch = async (message: unknown): Promise<ReceivedBatch> => {
  const packed = packedBatchSchema.safeParse(message)
  if (!packed.success) return unreadable(wordIssues(packed.error))
  const { bytes, fromSeq, count } = packed.data
  const text = await inflate(bytes)
  if (text === null) return unreadable(notInflated)
  const received = receiveBatch(parseJson(text))
  if (received.outcome === 'unreadable') return received
  const { length, 0: first } = received.records
  if (length === count && first?.seq === fromSeq) return received
  return unreadable(`said to be ${count} records from ${fromSeq} on, but it holds ${length} from ${first?.seq ?? 'nowhere'}`)
}

export const notInflated = `not one whole DEFLATE stream of UTF-8 text of at most ${packedLimits.maxInflatedBytes} bytes`

/** Null when it is anything but the whole of one stream. */
export const inflate = (bytes: Uint8Array): Promise<string | null> =>
  new Promise((settle) => {
    inflateRaw(bytes, inflating, (error, result) => {
      if (error) return settle(null)
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
      settle(engine.bytesWritten === bytes.length && isUtf8(buffer) ? buffer.toString('utf8') : null)
    })
  })

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
