/**
 * A batch without what its receiver can compute: whose records they are, their numbers, and their hashes, which are most of what is left
 * of a batch once it is compressed. It holds consecutive records of one journal. The text that is packed:
 *
 *   JSON array of heads ⏎ all payloads, one behind the other, each as long as its head says (in UTF-16 units)
 *
 * The journal's name and the hashes that frame the chain travel beside it. Whoever computes the same ones has the same records: the last record's link covers
 * all those before it, and its payload's hash the last payload.
 */
import { z } from 'zod'
import { batchLimits } from './protocol.ts'
import { recordSchema, type TidelineRecord } from './record.ts'
import { sha256Schema } from './vocabulary.ts'

const { kind, capturedAt } = recordSchema.shape

export const terseHeadsSchema = z
  .array(z.strictObject({ kind, capturedAt, length: z.int().min(2).max(400_000) }))
  .min(1)
  .max(batchLimits.maxRecords)

/** Whose chain it is, and what the sender holds of it at both ends of the batch. */
export const chainFrameSchema = z.strictObject({
  ...recordSchema.pick({ deviceId: true, incarnation: true }).shape,
  /** Of the first record: what the batch follows. */
  previousHash: sha256Schema,
  lastPreviousHash: sha256Schema,
  lastPayloadHash: sha256Schema,
})
export type ChainFrame = z.infer<typeof chainFrameSchema>

/** Of one journal, and one behind the other: only such records can do without what names each. */
export const isOneRun = (records: readonly TidelineRecord[]): boolean =>
  records.every(
    ({ deviceId, incarnation, seq }, index) =>
      deviceId === records[0]?.deviceId && incarnation === records[0].incarnation && seq === records[0].seq + index,
  )

export const terseText = (records: readonly TidelineRecord[]): string => {
  const heads = records.map(({ kind, capturedAt, payload }) => ({ kind, capturedAt, length: payload.length }))
  return `${JSON.stringify(heads)}\n${records.map(({ payload }) => payload).join('')}`
}

export const chainFrameOf = (first: TidelineRecord, last: TidelineRecord): ChainFrame => ({
  ...{ deviceId: first.deviceId, incarnation: first.incarnation },
  previousHash: first.previousHash,
  lastPreviousHash: last.previousHash,
  lastPayloadHash: last.payloadHash,
})
