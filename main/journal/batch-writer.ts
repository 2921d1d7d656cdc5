/**
 * What waits, as one write and one fdatasync: numbered, chained, and counted only when it is durable. A full disk is met with the room
 * of the reserve, once.
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId } from '#sync/contract/vocabulary.ts'
import { type CannotWrite, cannotWrite, isNoRoom } from './cannot-write.ts'
import { codeOf, type Disk } from './disk.ts'
import { keepManifest, type Present } from './present.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import type { Reserve } from './reserve.ts'
import type { Waiting } from './waiting.ts'

/** What happens to the room that the journal has. */
export type StorageEvent = { kind: 'reserve-given-up' } | { kind: 'refused'; fault: CannotWrite } | { kind: 'written-again' }

export interface BatchWriter {
  /** Settles each, and never rejects. */
  write(batch: readonly Waiting[]): Promise<void>
  /** False after a failed write, until one succeeds again. */
  isWritable(): boolean
  /** Something else was written. */
  noteWritten(): void
}

export interface BatchWriterParts {
  disk: Disk
  dir: string
  deviceId: DeviceId
  present: Present
  reserve: Reserve
  tellStorage(event: StorageEvent): void
  /** Durable ones, in order. */
  tellAppended(records: readonly TidelineRecord[]): void
}

export const createBatchWriter = ({ disk, dir, deviceId, present, reserve, ...tell }: BatchWriterParts): BatchWriter => {
  let writable = true

  const writeOnce = async (firstSeq: number, lines: readonly Uint8Array[]): Promise<void> => {
    if (present.isUndecided) await keepManifest(disk, dir, present, present.manifest)
    await present.writer.write(firstSeq, lines)
  }
  const writeLines = async (firstSeq: number, lines: readonly Uint8Array[]): Promise<void> => {
    try {
      await writeOnce(firstSeq, lines)
    } catch (error) {
      if (!isNoRoom(codeOf(error)) || !(await reserve.giveUp().catch(() => false))) throw error
      tell.tellStorage({ kind: 'reserve-given-up' })
      await writeOnce(firstSeq, lines)
    }
  }
  const noteWritten = (): void => {
    if (!writable) tell.tellStorage({ kind: 'written-again' })
    writable = true
  }
  const refuse = (batch: readonly Waiting[], fault: CannotWrite): void => {
    writable = false
    tell.tellStorage({ kind: 'refused', fault })
    for (const one of batch) one.reject(fault)
  }

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const { incarnation } = present.manifest
    let end = present.head
    const lines: Uint8Array[] = []
    const recordsOf = batch.map(({ entries, capturedAt }) =>
      entries.map(({ kind, payloadText: payload, ...entry }) => {
        const place = { deviceId, incarnation, seq: end.seq + 1, previousHash: end.hash }
        const chained = chainRecord({ ...place, kind, capturedAt: entry.capturedAt ?? capturedAt, payload })
        end = { seq: chained.record.seq, hash: chained.hash }
        lines.push(encodeLine(chained))
        return chained.record
      }),
    )
    try {
      await writeLines(present.head.seq + 1, lines)
    } catch (error) {
      return refuse(batch, cannotWrite(error))
    }
    noteWritten()
    present.head = end
    for (const [index, one] of batch.entries()) one.resolve(recordsOf[index] ?? [])
    tell.tellAppended(recordsOf.flat())
  }
  return { write, isWritable: () => writable, noteWritten }
}
