/** How many of the waiting records make the next batch: bounded in records and bytes, in order, never none while one is due. */
import { batchLimits } from '../contract/protocol.ts'
import type { TidelineRecord } from '../contract/record.ts'

export interface Waiting {
  record: TidelineRecord
  bytes: number
}

/** 0 = wait for more to be read; `maxRecords` may be below the protocol's bound. A record over the byte bound travels alone; the message limit has room for it. */
export const cutBatch = (waiting: readonly Waiting[], exhausted: boolean, maxRecords: number = batchLimits.maxRecords): number => {
  let bytes = 0
  for (const [count, { bytes: more }] of waiting.entries()) {
    if (count === maxRecords) return count
    if (count > 0 && bytes + more > batchLimits.maxBytes) return count
    bytes += more
  }
  return exhausted || waiting.length >= maxRecords ? waiting.length : 0
}

export const bytesOf = (waiting: readonly Waiting[]): number => waiting.reduce((sum, w) => sum + w.bytes, 0)
