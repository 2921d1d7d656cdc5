/**
 * Appends batches to the newest segment. A batch is durable when `write` resolves, and nothing of it counts when it rejects:
 * the writer then cuts back to the last durable record before it writes again, for after a failed sync nobody knows what is on the disk.
 */
import { join } from 'node:path'
import { type Disk, type DiskFile, writeFully } from './disk.ts'
import { type Segment, segmentName } from './segment.ts'

export interface SegmentWriter {
  readonly segments: readonly Segment[]
  write(firstSeq: number, lines: readonly Uint8Array[]): Promise<void>
  /** Cuts back what a failed write left, if any. */
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
  let file: DiskFile | null = null
  let clean = true

  const closeFile = async (): Promise<void> => {
    const closing = file
    file = null
    await closing?.close().catch(() => undefined)
  }

  const cutBack = async (segment: Segment): Promise<DiskFile> => {
    await closeFile()
    const reopened = await disk.open(segment.path)
    try {
      await reopened.truncate(segment.size)
      await reopened.sync()
      return reopened
    } catch (error) {
      await reopened.close().catch(() => undefined)
      throw error
    }
  }

  const createSegment = async (firstSeq: number): Promise<Segment> => {
    await closeFile()
    const segment: Segment = { path: join(dir, segmentName(incarnation, firstSeq)), firstSeq, offsets: [], size: 0 }
    file = await cutBack(segment)
    await disk.syncDir(dir)
    segments.push(segment)
    return segment
  }

  const segmentFor = async (firstSeq: number): Promise<Segment> => {
    const last = segments.at(-1)
    if (!last || (last.size >= segmentBytes && last.offsets.length > 0)) return createSegment(firstSeq)
    await settle()
    file ??= await disk.open(last.path)
    return last
  }

  const write = async (firstSeq: number, lines: readonly Uint8Array[]): Promise<void> => {
    try {
      const segment = await segmentFor(firstSeq)
      clean = false
      const target = file ?? (await disk.open(segment.path))
      const [only] = lines
      const bytes = lines.length === 1 && only ? only : Buffer.concat(lines)
      await writeFully(target, bytes, segment.size)
      await target.sync()
      for (const line of lines) {
        segment.offsets.push(segment.size)
        segment.size += line.length
      }
      clean = true
    } catch (error) {
      await closeFile()
      throw error
    }
  }

  const settle = async (): Promise<void> => {
    const last = segments.at(-1)
    if (!last || clean) return
    file = await cutBack(last)
    clean = true
  }

  return { segments, write, settle, dropOldest: (count) => void segments.splice(0, Math.min(count, segments.length - 1)), close: closeFile }
}
