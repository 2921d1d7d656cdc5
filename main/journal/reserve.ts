/**
 * A file of real bytes beside the segments, given up when the disk is full, so that the last sales still land. It is filled with noise:
 * a file system that compresses, or leaves out zeros, would hold nothing back. A last bit of it is no sale's: with it the manifest can
 * still be written, which says what may be removed.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Disk, type DiskFile, writeFully } from './disk.ts'

export interface Reserve {
  /** True also where none is wanted. */
  isHeld(): boolean
  /** Gives the room to whoever writes next; false when there is none to give. */
  giveUp(): Promise<boolean>
  /** The last bit too, for what makes room; false when there is none. */
  giveUpLast(): Promise<boolean>
  /** Takes it (again) when there is well enough room; resolves to whether it is held. */
  hold(): Promise<boolean>
}

const blockBytes = 1_048_576
const largestLastBytes = 65_536

export const openReserve = async (disk: Disk, dir: string, bytes: number): Promise<Reserve> => {
  const path = join(dir, 'reserve')
  const isWhole = async (): Promise<boolean> => bytes > 0 && (await disk.sizeOf(path)) === bytes
  let held = await isWhole()
  let holding: Promise<boolean> | null = null

  const lastBytes = Math.min(largestLastBytes, Math.floor(bytes / 4))
  const change = async (step: (file: DiskFile) => Promise<void>): Promise<void> => {
    const file = await disk.open(path)
    try {
      await step(file)
      await file.sync()
    } finally {
      await file.close()
    }
  }
  const cutTo = (length: number): Promise<void> => change(async (file) => file.truncate(Math.min(length, await file.size())))
  const fillUp = (): Promise<void> =>
    change(async (file) => {
      for (let at = 0; at < bytes; at += blockBytes) await writeFully(file, randomBytes(Math.min(blockBytes, bytes - at)), at)
    })
  const fill = async (): Promise<boolean> => {
    try {
      if ((await disk.freeBytes(dir)) < bytes * 1.5) return false
      await fillUp()
      await disk.syncDir(dir)
      held = true
    } catch {
      await cutTo(lastBytes).catch(() => undefined)
    }
    return held
  }
  const giveUp = async (): Promise<boolean> => {
    await holding
    if (!held) return false
    await cutTo(lastBytes)
    held = false
    return true
  }
  const giveUpLast = async (): Promise<boolean> => {
    await holding
    if (((await disk.sizeOf(path)) ?? 0) === 0) return false
    await cutTo(0)
    held = false
    return true
  }
  const hold = async (): Promise<boolean> => {
    if (bytes === 0 || held) return true
    holding ??= fill().finally(() => (holding = null))
    return holding
  }
  return { isHeld: () => held || bytes === 0, giveUp, giveUpLast, hold }
}
