/**
 * Zeros written ahead of the records: a sync then makes durable what the records say, and not that the file grew as well. They are no
 * record (`readSegment` leaves them out), and are there for speed alone: on a disk that fills up they are not written, and the file grows
 * with each record.
 */
import { type DiskFile, writeFully } from './disk.ts'

/** Some eight hundred sales: one sync in so many has the zeros to write too. */
const largestAhead = 1_000_000
/** The disk's last bytes are for records, and for what frees it again. */
const wantedFree = 16

export interface Room {
  /** Before bytes are written from `from` to `to` in the file; nothing was written behind `from` yet. */
  make(file: DiskFile, from: number, to: number): Promise<void>
  /** Cuts the file behind its records. */
  giveBack(file: DiskFile, size: number): Promise<void>
  /** The file ends there. */
  reset(size: number): void
}

export const createRoom = (segmentBytes: number, freeBytes: () => Promise<number>): Room => {
  const ahead = Math.min(largestAhead, Math.ceil(segmentBytes / 4))
  /** All bytes before it exist. */
  let end = 0
  let isPossible = true

  return {
    make: async (file, from, to) => {
      if (!isPossible || to <= end) return
      const first = Math.max(from, end)
      try {
        isPossible = (await freeBytes()) >= wantedFree * ahead
        if (!isPossible) return
        await writeFully(file, new Uint8Array(to + ahead - first), first)
        end = to + ahead
      } catch {
        // What of it was written is room all the same, and the records' own write tells what is wrong.
        isPossible = false
      }
    },
    giveBack: async (file, size) => {
      if (end > size) await file.truncate(size).catch(() => undefined)
    },
    reset: (size) => {
      end = size
      isPossible = true
    },
  }
}
