/**
 * A new life that begins with what could be read of the old one: after damage inside the chain, and when the device was enrolled anew.
 * Every record is appended again under the new identity; the hub knows transactions it has by their natural keys. The old files stay.
 */
import type { DeviceId, Incarnation } from '#sync/contract/vocabulary.ts'
import type { Disk } from './disk.ts'
import { genesis } from './load.ts'
import { chainRecord, type ChainedRecord, encodeLine } from './record-line.ts'
import { createSegmentWriter } from './segment-writer.ts'

const batchRecords = 500

/** Durable when it resolves; nothing refers to it until the manifest names the new incarnation. */
export const carryOver = async (
  disk: Disk,
  dir: string,
  records: readonly ChainedRecord[],
  to: { deviceId: DeviceId; incarnation: Incarnation; segmentBytes: number },
): Promise<void> => {
  const writer = createSegmentWriter(disk, dir, to.incarnation, [], to.segmentBytes)
  let { hash: previousHash, seq } = genesis
  try {
    for (let at = 0; at < records.length; at += batchRecords) {
      const firstSeq = seq + 1
      const lines = records.slice(at, at + batchRecords).map(({ record }) => {
        const { kind, capturedAt, payload } = record
        seq += 1
        const chained = chainRecord({ deviceId: to.deviceId, incarnation: to.incarnation, seq, kind, capturedAt, payload, previousHash })
        previousHash = chained.hash
        return encodeLine(chained)
      })
      await writer.write(firstSeq, lines)
    }
  } finally {
    await writer.close()
  }
}
