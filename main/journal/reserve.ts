/**
 * A file of real bytes beside the segments, given up when the disk is full, so that the last sales still land. It is filled with noise:
 * a file system that compresses, or leaves out zeros, would hold nothing back.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Disk, writeFully } from './disk.ts'

export interface Reserve {
  /** True also where none is wanted. */
  isHeld(): boolean
  /** Gives the room to whoever writes next; false when there is none to give. */
  giveUp(): Promise<boolean>
  /** Takes it (again) when there is well enough room; resolves to whether it is held. */
  hold(): Promise<boolean>
}

const blockBytes = 1_048_576

export const openReserve = async (disk: Disk, dir: string, bytes: number): Promise<Reserve> => {
  const path = join(dir, 'reserve')
  const isWhole = async (): Promise<boolean> => bytes > 0 && (await disk.sizeOf(path)) === bytes
  let held = await isWhole()
  let holding: Promise<boolean> | null = null

  const resize = async (fill: boolean): Promise<void> => {
    const file = await disk.open(path)
    try {
      await file.truncate(0)
      for (let at = 0; fill && at < bytes; at += blockBytes) await writeFully(file, randomBytes(Math.min(blockBytes, bytes - at)), at)
      await file.sync()
    } finally {
      await file.close()
    }
  }
  const fill = async (): Promise<boolean> => {
    try {
      if ((await disk.freeBytes(dir)) < bytes * 1.5) return false
      await resize(true)
      await disk.syncDir(dir)
      held = true
    } catch {
      await resize(false).catch(() => undefined)
    }
    return held
  }
  const giveUp = async (): Promise<boolean> => {
    await holding
    if (!held) return false
    await resize(false)
    held = false
    return true
  }
  const hold = async (): Promise<boolean> => {
    if (bytes === 0 || held) return true
    holding ??= fill().finally(() => (holding = null))
    return holding
  }
  return { isHeld: () => held || bytes === 0, giveUp, hold }
}
