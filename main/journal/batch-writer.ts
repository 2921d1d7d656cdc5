/**
 * What waits, as one write and one fdatasync: numbered, chained, and counted only when it and all before it are durable. The next batch is
 * written while the one before is being synced; no third one.
 *
 *   written ─▶ durable                     answered, announced, the head
 *          └─▶ a write or a sync failed    what cannot count any more waits until nothing is under way ─▶ refused; or, on a full disk,
 *                                          written again with the room of the reserve, once
 */
import type { TidelineRecord } from '#sync/contract/record.ts'
import type { DeviceId } from '#sync/contract/vocabulary.ts'
import { type CannotWrite, cannotWrite, isNoRoom } from './cannot-write.ts'
import { codeOf, type Disk } from './disk.ts'
import { keepManifest, type Present } from './present.ts'
import { chainRecord, encodeLine } from './record-line.ts'
import type { Reserve } from './reserve.ts'
import type { ChainPosition } from './segment.ts'
import type { Waiting } from './waiting.ts'

/** What happens to the room that the journal has. */
export type StorageEvent = { kind: 'reserve-given-up' } | { kind: 'refused'; fault: CannotWrite } | { kind: 'written-again' }

export interface BatchWriter {
  /** Settles each, and never rejects. Resolves when another batch may be written; these may wait for their sync still. */
  write(batch: readonly Waiting[]): Promise<void>
  /** Nothing is under way: all that was written is durable or refused. */
  settled(): Promise<void>
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

const maxUnderWay = 2

interface Chained {
  batch: readonly Waiting[]
  recordsOf: TidelineRecord[][]
  lines: Uint8Array[]
  end: ChainPosition
}

interface UnderWay extends Chained {
  /** Resolves when it is durable, or cannot be any more. */
  landed: Promise<void>
}

export const createBatchWriter = ({ disk, dir, deviceId, present, reserve, ...tell }: BatchWriterParts): BatchWriter => {
  let writable = true
  /** In order; what failed stays until it is refused or written again. */
  const underWay: UnderWay[] = []
  let writing: Promise<void> | null = null
  let recovering: Promise<void> | null = null

  const chain = (batch: readonly Waiting[], head: ChainPosition): Chained => {
    const { incarnation } = present.manifest
    let end = head
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
    return { batch, recordsOf, lines, end }
  }
  const writeLines = async ({ lines, end }: Chained): Promise<{ durable: Promise<void> }> => {
    if (present.isUndecided) await keepManifest(disk, dir, present, present.manifest)
    return present.writer.write(end.seq - lines.length + 1, lines)
  }
  const noteWritten = (): void => {
    if (!writable) tell.tellStorage({ kind: 'written-again' })
    writable = true
  }
  const noteDurable = ({ batch, recordsOf, end }: Chained): void => {
    noteWritten()
    present.head = end
    for (const [index, one] of batch.entries()) one.resolve(recordsOf[index] ?? [])
    tell.tellAppended(recordsOf.flat())
  }
  const refuse = (batch: readonly Waiting[], fault: CannotWrite): void => {
    writable = false
    tell.tellStorage({ kind: 'refused', fault })
    for (const one of batch) one.reject(fault)
  }

  /** By itself, with nothing else under way; returns what went wrong. */
  const writeAgain = async (batch: readonly Waiting[]): Promise<unknown> => {
    try {
      const chained = chain(batch, present.head)
      const { durable } = await writeLines(chained)
      await durable
      noteDurable(chained)
      return null
    } catch (error) {
      return error
    }
  }
  const givesRoom = async (fault: unknown): Promise<boolean> => {
    if (!isNoRoom(codeOf(fault)) || !(await reserve.giveUp().catch(() => false))) return false
    tell.tellStorage({ kind: 'reserve-given-up' })
    return true
  }
  const recover = async (first: unknown): Promise<void> => {
    await writing
    // What was written before a failed write may still become durable.
    await Promise.all(underWay.map(({ landed }) => landed))
    const failed = underWay.splice(0).map(({ batch }) => batch)
    let fault = (await givesRoom(first)) ? null : first
    for (const batch of failed) {
      fault ??= await writeAgain(batch)
      if (fault !== null) refuse(batch, cannotWrite(fault))
    }
    recovering = null
  }
  const fail = (fault: unknown): void => {
    recovering ??= recover(fault)
  }

  const start = async (batch: readonly Waiting[]): Promise<void> => {
    const one: UnderWay = { ...chain(batch, underWay.at(-1)?.end ?? present.head), landed: Promise.resolve() }
    underWay.push(one)
    try {
      const { durable } = await writeLines(one)
      one.landed = durable.then(() => {
        underWay.shift()
        noteDurable(one)
      }, fail)
    } catch (error) {
      fail(error)
    }
  }
  const write = async (batch: readonly Waiting[]): Promise<void> => {
    // In one go: what fails from here on waits for `writing`.
    while (recovering) await recovering
    writing = start(batch)
    await writing
    if (underWay.length >= maxUnderWay) await underWay[0]?.landed
    await recovering
  }
  const settled = async (): Promise<void> => {
    await Promise.all(underWay.map(({ landed }) => landed))
    await recovering
  }
  return { write, settled, isWritable: () => writable, noteWritten }
}
