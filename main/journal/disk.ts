/**
 * The journal's port to the disk. What `write` took is durable only once `sync` resolved; a created or renamed name only once its
 * directory was synced. `memory-disk.ts` loses everything else at a power cut, as a real disk may.
 */
import { writeSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

export interface DiskFile {
  /** Writes at the position; may write less than asked, and returns how much. */
  write(bytes: Uint8Array, position: number): Promise<number>
  read(position: number, length: number): Promise<Uint8Array>
  size(): Promise<number>
  truncate(length: number): Promise<void>
  /** fdatasync */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  makeDir(dir: string): Promise<void>
  list(dir: string): Promise<string[]>
  /** Opens for reading and writing; creates the file when it is missing. */
  open(path: string): Promise<DiskFile>
  /** For reading alone; null when the file is missing. */
  openToRead(path: string): Promise<DiskFile | null>
  readWhole(path: string): Promise<Uint8Array | null>
  /** Null when the file is missing. */
  sizeOf(path: string): Promise<number | null>
  /** What programs like ours may still fill. */
  freeBytes(dir: string): Promise<number>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  syncDir(dir: string): Promise<void>
}

const renameAttempts = 20

/** On Windows a file that somebody reads just now cannot be replaced: tills do read price files. */
const renamePatiently = async (from: string, to: string): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(from, to)
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '')
      if (process.platform !== 'win32' || !busy || attempt === renameAttempts) throw error
      await setTimeout(50)
    }
  }
}

export const nodeDisk: Disk = {
  makeDir: async (dir) => void (await mkdir(dir, { recursive: true })),
  list: (dir) => readdir(dir),
  open: async (path) => diskFile(await openOrCreate(path)),
  openToRead: async (path) => {
    const handle = await unlessMissing(open(path, 'r'))
    return handle && diskFile(handle)
  },
  readWhole: (path) => unlessMissing(readFile(path)),
  sizeOf: async (path) => (await unlessMissing(stat(path)))?.size ?? null,
  freeBytes: async (dir) => {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize
  },
  rename: renamePatiently,
  remove: (path) => rm(path, { force: true }),
  syncDir: async (dir) => {
    // Windows opens no directories; NTFS journals names by itself.
    if (process.platform === 'win32') return
    const handle = await open(dir, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** The operating system's own name of what went wrong, such as ENOSPC. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'

const unlessMissing = async <T>(opening: Promise<T>): Promise<T | null> => {
  try {
    return await opening
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const openOrCreate = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (!isMissing(error)) throw error
    return open(path, 'wx+')
  }
}

/** A write this small is in the page cache sooner than a thread of the pool wakes up; only the sync is waited for. */
const directWriteBytes = 65_536

const diskFile = (handle: FileHandle): DiskFile => ({
  write: async (bytes, position) =>
    bytes.length <= directWriteBytes
      ? writeSync(handle.fd, bytes, 0, bytes.length, position)
      : (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
  read: async (position, length) => {
    const buffer = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  },
  size: async () => (await handle.stat()).size,
  truncate: (length) => handle.truncate(length),
  sync: () => handle.datasync(),
  close: () => handle.close(),
})

/** Writes all of it, however the disk cuts it up. */
export const writeFully = async (file: DiskFile, bytes: Uint8Array, position: number): Promise<void> => {
  let written = 0
  while (written < bytes.length) {
    const taken = await file.write(bytes.subarray(written), position + written)
    if (taken <= 0) throw new Error('the disk took no bytes')
    written += taken
  }
}

/** The file appears whole under its name, or not at all, and stays after a power cut. */
export const writeAtomically = async (disk: Disk, dir: string, name: string, bytes: Uint8Array): Promise<void> => {
  const temporary = join(dir, `.${name}.tmp`)
  try {
    const file = await disk.open(temporary)
    try {
      await file.truncate(0)
      await writeFully(file, bytes, 0)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    // On a full disk half a file is room that somebody else needs.
    await disk.remove(temporary).catch(() => undefined)
    throw error
  }
  await disk.rename(temporary, join(dir, name))
  await disk.syncDir(dir)
}
