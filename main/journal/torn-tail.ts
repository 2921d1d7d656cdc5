/**
 * The last segment before the first append. A torn tail is cut off, its bytes kept in a file of their own. And what was read may be
 * in the system's cache alone, for a sync that failed is not repeated by the next one: a fresh copy makes it durable for certain.
 * On a disk without room for the copy the tail is cut in place: what that risks is a write that nobody was answered for.
 */
import { basename } from 'node:path'
import { isNoRoom } from './cannot-write.ts'
import { codeOf, type Disk, writeAtomically, writeFully } from './disk.ts'
import type { LoadedJournal } from './load.ts'

/** Returns how many bytes were cut off. */
export const settleTail = async (disk: Disk, dir: string, { segments, tail }: LoadedJournal, isLastResort: boolean): Promise<number> => {
  const last = segments.at(-1)
  if (!last || !tail) return 0
  const name = basename(last.path)
  try {
    if (tail.torn.length > 0) await writeAtomically(disk, dir, `${basename(name, '.jsonl')}-${last.size}.torn`, tail.torn)
    await writeAtomically(disk, dir, name, tail.whole)
  } catch (error) {
    if (!isLastResort || !isNoRoom(codeOf(error))) throw error
    await cutInPlace(disk, last.path, tail.whole)
  }
  return tail.torn.length
}

const cutInPlace = async (disk: Disk, path: string, whole: Uint8Array): Promise<void> => {
  const file = await disk.open(path)
  try {
    await file.truncate(whole.length)
    // A newline that was missing.
    if (whole.length > 0) await writeFully(file, whole.subarray(-1), whole.length - 1)
    await file.sync()
  } finally {
    await file.close()
  }
}
