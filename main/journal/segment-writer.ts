/**
 * Appends batches to the newest segment, each behind the one before. A batch may be written while those before it are still being synced,
 * and is durable when they and it are.
 *
 * Nothing counts of what failed, nor of what was written behind it. The writer then cuts back to the last durable record before it writes
 * again, for after a failed sync nobody knows what is on the disk.
 *
 * Each batch under way has a handle of its own. The system tells a handle once of what could not be written; on a shared one the later sync
 * may be told of the earlier one's loss, and the earlier one then succeeds over it.
 */
import { join } from 'node:path'
import { must } from '#sync/contract/assert.ts'
import { type Disk, type DiskFile, writeFully } from './disk.ts'
import { createRoom } from './room.ts'
import { type Segment, segmentName } from './segment.ts'
import { createSyncs } from './syncs.ts'

export interface Written {
  /** Resolves once these lines, and all before them, are durable; nothing of them counts when it rejects. */
  durable: Promise<void>
}

export interface SegmentWriter {
  readonly segments: readonly Segment[]
  /** Resolves when all of it is written. It rejects, too, with what took those away that it was to follow. */
  write(firstSeq: number, lines: readonly Uint8Array[]): Promise<Written>
  /** Waits for what is under way, and cuts back what failed, if anything did. */
  settle(): Promise<void>
  /** Forgets its oldest segments; the newest one stays. */
  dropOldest(count: number): void
  close(): Promise<void>
}

export const createSegmentWriter = (
  disk: Disk,
  dir: string,
  incarnation: string,
  loaded: readonly Segment[],
  segmentBytes: number,
): SegmentWriter => {
  const segments = [...loaded]
  /** Of the newest segment; those that no batch under way has. */
  const idle: DiskFile[] = []
  const room = createRoom(segmentBytes, () => disk.freeBytes(dir))
  let clean = true
  let lastFault: unknown = new Error('a record that follows none')

  const fail = (fault: unknown): void => {
    clean = false
    lastFault = fault
  }
  const syncs = createSyncs({
    landed: (lines) => {
      const segment = must(segments.at(-1), 'the segment that was written')
      for (const line of lines) {
        segment.offsets.push(segment.size)
        segment.size += line.length
      }
    },
    failed: fail,
  })

  const closeHandles = async (): Promise<void> => {
    await syncs.rest()
    await Promise.all(idle.splice(0).map((handle) => handle.close().catch(() => undefined)))
  }

  const cutBack = async (segment: Segment): Promise<void> => {
    await closeHandles()
    const reopened = await disk.open(segment.path)
    try {
      await reopened.truncate(segment.size)
      await reopened.sync()
      room.reset(segment.size)
      idle.push(reopened)
    } catch (error) {
      await reopened.close().catch(() => undefined)
      throw error
    }
  }

  const createSegment = async (firstSeq: number): Promise<Segment> => {
    const segment: Segment = { path: join(dir, segmentName(incarnation, firstSeq)), firstSeq, offsets: [], size: 0 }
    await cutBack(segment)
    try {
      await disk.syncDir(dir)
    } catch (error) {
      await closeHandles()
      throw error
    }
    segments.push(segment)
    return segment
  }

  /** Of a segment that nothing is under way to. */
  const giveRoomBack = async (segment: Segment): Promise<void> => {
    const [handle] = idle
    if (handle && clean) await room.giveBack(handle, segment.size)
  }

  /** Throws where a batch before it failed meanwhile: it was numbered behind what is not there. */
  const assertFollows = (segment: Segment, firstSeq: number): void => {
    if (firstSeq !== segment.firstSeq + segment.offsets.length + syncs.ahead().lines) throw lastFault
  }

  const segmentFor = async (firstSeq: number): Promise<Segment> => {
    if (!clean) await settle()
    const last = segments.at(-1)
    if (!last) return createSegment(firstSeq)
    const { lines, bytes } = syncs.ahead()
    const isFull = last.size + bytes >= segmentBytes && last.offsets.length + lines > 0
    if (isFull) await syncs.rest()
    assertFollows(last, firstSeq)
    if (!isFull) return last
    await giveRoomBack(last)
    return createSegment(firstSeq)
  }

  const write = async (firstSeq: number, lines: readonly Uint8Array[]): Promise<Written> => {
    const segment = await segmentFor(firstSeq)
    let handle = idle.pop()
    const rest = (): void => void (handle && idle.push(handle))
    try {
      handle ??= await disk.open(segment.path)
      const [only] = lines
      const bytes = lines.length === 1 && only ? only : Buffer.concat(lines)
      assertFollows(segment, firstSeq)
      const from = segment.size + syncs.ahead().bytes
      await room.make(handle, from, from + bytes.length)
      assertFollows(segment, firstSeq)
      await writeFully(handle, bytes, segment.size + syncs.ahead().bytes)
      assertFollows(segment, firstSeq)
      return { durable: syncs.add(lines, () => must(handle, 'handle').sync().finally(rest)) }
    } catch (error) {
      rest()
      fail(error)
      throw error
    }
  }

  const settle = async (): Promise<void> => {
    await syncs.rest()
    const last = segments.at(-1)
    if (!last || clean) return
    await cutBack(last)
    clean = true
  }

  return {
    segments,
    write,
    settle,
    dropOldest: (count) => void segments.splice(0, Math.min(count, segments.length - 1)),
    close: async () => {
      await syncs.rest()
      const last = segments.at(-1)
      if (last) await giveRoomBack(last)
      await closeHandles()
    },
  }
}
