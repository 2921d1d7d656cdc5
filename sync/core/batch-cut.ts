/** How many of the waiting records make the next batch: bounded in records and bytes, in order, never none while one is due. */
import { batchLimits } from '../contract/protocol.ts'
import type { TidelineRecord } from '../contract/record.ts'

export interface Waiting {
  record: TidelineRecord
  bytes: number
}

/** `maxBytes`: what the line bears just now. 0 = wait for more to be read. A record over the byte bound travels alone; the message limit has room for it. */
export const cutBatch = (waiting: readonly Waiting[], exhausted: boolean, maxBytes: number = batchLimits.maxBytes): number => {
  let bytes = 0
  for (const [count, { bytes: more }] of waiting.entries()) {
    if (count === batchLimits.maxRecords) return count
    if (count > 0 && bytes + more > maxBytes) return count
    bytes += more
  }
  return exhausted || waiting.length >= batchLimits.maxRecords || bytes >= maxBytes ? waiting.length : 0
}

export const bytesOf = (waiting: readonly Waiting[]): number => waiting.reduce((sum, w) => sum + w.bytes, 0)
