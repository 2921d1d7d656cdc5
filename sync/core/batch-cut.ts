/** How many of the waiting records make the next batch: bounded in records and bytes, in order, never none while one is due. */
import { batchLimits } from '../contract/protocol.ts'
import type { TidelineRecord } from '../contract/record.ts'

export interface Waiting {
  record: TidelineRecord
  bytes: number
}

export interface BatchBounds {
  /** Below the protocol's own, where a bound per second asks for smaller ones. */
  maxRecords?: number
  /** What the line bears just now. */
  maxBytes?: number
}

/** 0 = wait for more to be read. A record over the byte bound travels alone; the message limit has room for it. */
export const cutBatch = (waiting: readonly Waiting[], exhausted: boolean, bounds: BatchBounds = {}): number => {
  const { maxRecords = batchLimits.maxRecords, maxBytes = batchLimits.maxBytes } = bounds
  let bytes = 0
  for (const [count, { bytes: more }] of waiting.entries()) {
    if (count === maxRecords) return count
    if (count > 0 && bytes + more > maxBytes) return count
    bytes += more
  }
  return exhausted || waiting.length >= maxRecords || bytes >= maxBytes ? waiting.length : 0
}

export const bytesOf = (waiting: readonly Waiting[]): number => waiting.reduce((sum, w) => sum + w.bytes, 0)
