/** Removes what the manifest no longer names. What does not go now goes at the next opening. */
import { basename, join } from 'node:path'
import type { Disk } from './disk.ts'

const removeAll = async (disk: Disk, dir: string, isMeant: (name: string) => boolean): Promise<void> => {
  const names = await disk.list(dir).catch(() => [])
  for (const name of names) if (isMeant(name)) await disk.remove(join(dir, name)).catch(() => undefined)
}

/** All files of these lives. */
export const removeLives = (disk: Disk, dir: string, lives: readonly string[]): Promise<void> =>
  lives.length === 0 ? Promise.resolve() : removeAll(disk, dir, (name) => lives.some((life) => name.startsWith(`${life}-`)))

/** The segments, and the torn bytes that were set aside from them. */
export const removeSegments = (disk: Disk, dir: string, paths: readonly string[]): Promise<void> => {
  const stems = paths.map((path) => basename(path, '.jsonl'))
  return paths.length === 0 ? Promise.resolve() : removeAll(disk, dir, (name) => stems.some((stem) => name.startsWith(stem)))
}
