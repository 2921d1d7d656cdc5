/**
 * A new life that begins with what could be read of the old one: after damage inside the chain, when the device was enrolled anew, and
 * when the disk turned out to be restored or copied. Every record is appended again under the new identity, numbered from 1; the hub knows
 * transactions it has by their natural keys. Nothing refers to the new files until the manifest names them.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import type { Disk } from './disk.ts'
import { genesis } from './load.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import type { ChainPosition } from './segment.ts'
import { createSegmentWriter, type SegmentWriter } from './segment-writer.ts'

const batchRecords = 500

export interface CarryOver {
  /** Holds what was carried, and can be appended to. */
  readonly writer: SegmentWriter
  end(): ChainPosition
  /** Durable when it resolves. */
  take(records: readonly TidelineRecord[]): Promise<void>
  /** Durable once `settle` resolved; a record alone would cost a sync of its own. */
  takeSoon(record: TidelineRecord): void | Promise<void>
  settle(): Promise<void>
}

export const openCarryOver = (
  disk: Disk,
  dir: string,
  { deviceId, incarnation, segmentBytes }: { deviceId: DeviceId; incarnation: Incarnation; segmentBytes: number },
): CarryOver => {
  const writer = createSegmentWriter(disk, dir, incarnation, [], segmentBytes)
  const waiting: TidelineRecord[] = []
  let end = genesis

  const takeBatch = async (records: readonly TidelineRecord[]): Promise<void> => {
    let { seq, hash: previousHash } = end
    const lines = records.map(({ kind, capturedAt, payload }) => {
      seq += 1
      const chained = chainRecord({ deviceId, incarnation, seq, kind, capturedAt, payload, previousHash })
      previousHash = chained.hash
      return encodeLine(chained)
    })
    const { durable } = await writer.write(end.seq + 1, lines)
    await durable
    end = { seq, hash: previousHash }
  }
  const take: CarryOver['take'] = async (records) => {
    for (let at = 0; at < records.length; at += batchRecords) await takeBatch(records.slice(at, at + batchRecords))
  }
  const settle = (): Promise<void> => take(waiting.splice(0))
  return {
    writer,
    end: () => end,
    take,
    takeSoon: (record) => {
      waiting.push(record)
      return waiting.length < batchRecords ? undefined : settle()
    },
    settle,
  }
}
