/** A torn tail is cut off behind the last whole record; its bytes stay in a file of their own, for whoever asks later. */
import { basename } from 'node:path'
import { type Disk, writeAtomically } from './disk.ts'
import type { Segment } from './segment.ts'

export const cutTornTail = async (disk: Disk, dir: string, segment: Segment, torn: Uint8Array): Promise<void> => {
  await writeAtomically(disk, dir, `${basename(segment.path, '.jsonl')}-${segment.size}.torn`, torn)
  const file = await disk.open(segment.path)
  try {
    await file.truncate(segment.size)
    await file.sync()
  } finally {
    await file.close()
  }
}
