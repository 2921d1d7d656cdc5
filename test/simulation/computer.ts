/** A back-office computer: its disk, its local database, its wall clock. Processes come and go on it; it can be copied. */
import { createMemoryDisk, type MemoryDisk } from '#main/journal/memory-disk.ts'
import type { Disk, DiskFile } from '#main/journal/disk.ts'
import { writeFully } from '#main/journal/disk.ts'
import type { Chance } from './chance.ts'
import type { Life } from './life.ts'
import { copyTables, emptyTables, type Tables } from './local-tables.ts'

export interface Computer {
  disk: MemoryDisk
  tables: Tables
  /** What its clock shows when the world began. */
  wallMs: number
  /** The local database refuses to write. */
  isLocalFull: boolean
}

export interface Image {
  files: ReadonlyMap<string, Uint8Array>
  tables: Tables
}

export const newComputer = (chance: Chance, wallMs: number): Computer => ({
  ...{ disk: createMemoryDisk(chance.next), tables: emptyTables(), wallMs, isLocalFull: false },
})

export const imageOf = async ({ disk, tables }: Computer): Promise<Image> => {
  const files = new Map<string, Uint8Array>()
  for (const path of disk.paths) files.set(path, (await disk.readWhole(path)) ?? new Uint8Array())
  return { files, tables: copyTables(tables) }
}

/** All of it durable, as after a backup program that did its work. */
export const diskOf = async ({ files }: Image, chance: Chance): Promise<MemoryDisk> => {
  const disk = createMemoryDisk(chance.next)
  for (const [path, bytes] of files) {
    const file = await disk.open(path)
    if (bytes.length > 0) await writeFully(file, bytes, 0)
    await file.sync()
  }
  await disk.syncDir('/')
  return disk
}

const gatedFile = (file: DiskFile, life: Life): DiskFile => ({
  write: (bytes, position) => life.gate('writes', () => file.write(bytes, position)),
  read: (position, length) => life.gate('reads', () => file.read(position, length)),
  size: () => file.size(),
  truncate: (length) => life.gate('truncates', () => file.truncate(length)),
  sync: () => life.gate('syncs', () => file.sync(), 12),
  close: () => file.close(),
})

/** The disk as one process has it. */
export const gatedDisk = (disk: MemoryDisk, life: Life): Disk => ({
  makeDir: (dir) => disk.makeDir(dir),
  list: (dir) => life.gate('lists', () => disk.list(dir)),
  open: (path) => life.gate('opens', async () => gatedFile(await disk.open(path), life)),
  openToRead: (path) =>
    life.gate('opens to read', async () => {
      const file = await disk.openToRead(path)
      return file && gatedFile(file, life)
    }),
  readWhole: (path) => life.gate('reads whole', () => disk.readWhole(path)),
  sizeOf: (path) => disk.sizeOf(path),
  freeBytes: (dir) => disk.freeBytes(dir),
  rename: (from, to) => life.gate('renames', () => disk.rename(from, to)),
  remove: (path) => life.gate('removes', () => disk.remove(path)),
  syncDir: (dir) => life.gate('syncs names', () => disk.syncDir(dir), 8),
})
