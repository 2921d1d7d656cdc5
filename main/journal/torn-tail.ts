/**
 * The last segment before the first append. A torn tail is cut off, its bytes kept in a file of their own. And what was read may be
 * in the system's cache alone, for a sync that failed is not repeated by the next one: a fresh copy makes it durable for certain.
 */
import { basename } from 'node:path'
import { type Disk, writeAtomically } from './disk.ts'
import type { LoadedJournal } from './load.ts'

/** Returns how many bytes were cut off. */
export const settleTail = async (disk: Disk, dir: string, { segments, tail }: LoadedJournal): Promise<number> => {
  const last = segments.at(-1)
  if (!last || !tail) return 0
  const name = basename(last.path)
  if (tail.torn.length > 0) await writeAtomically(disk, dir, `${basename(name, '.jsonl')}-${last.size}.torn`, tail.torn)
  await writeAtomically(disk, dir, name, tail.whole)
  return tail.torn.length
}
