/** What the journal is just now: its life, its files, its head. Changed only when no write is under way, or by one that became durable. */
import type { Disk } from './disk.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import type { ChainPosition } from './segment.ts'
import type { SegmentWriter } from './segment-writer.ts'

export interface Present {
  manifest: Manifest
  writer: SegmentWriter
  /** The newest durable record. */
  head: ChainPosition
  /** The hub has everything up to here. */
  ackedSeq: number
  renumbered: number
  /** The manifest on the disk is not known: nothing may be appended to either life. */
  isUndecided: boolean
}

/** Whatever the disk then holds, the former one or this, is true: nothing was removed yet. */
export const keepManifest = async (disk: Disk, dir: string, present: Present, next: Manifest): Promise<void> => {
  await writeManifest(disk, dir, next)
  present.manifest = next
  present.isUndecided = false
}
