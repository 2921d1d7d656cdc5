/**
 * The watched folder's own moves: which names are meant for us, and how a file leaves to `done/` or `rejected/` without replacing another.
 * A till may put a new file in the place of the one that was read, at any moment: what moved is looked at, and comes back when it is another.
 */
import { access, lstat, rename, rm } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { nodeDisk, writeAtomically } from '../journal/disk.ts'
import type { FileReport } from './folder-report.ts'

export const doneDir = (dir: string): string => join(dir, 'done')
export const rejectedDir = (dir: string): string => join(dir, 'rejected')

/** Hidden files and those that a program still writes under a passing name are not. */
export const isForUs = (name: string): boolean => !name.startsWith('.') && !/(?:\.tmp|\.temp|\.part|\.partial|\.crdownload|~)$/i.test(name)

/** The file as it was read. */
export interface FileState {
  size: number
  mtimeMs: number
}
/** `replaced`: another one stands in the folder now, unread. */
export type Moved = 'moved' | 'replaced'

export const moveToDone = async (dir: string, name: string, read: FileState): Promise<Moved> =>
  moveTo(dir, name, read, doneDir(dir), await freeName(doneDir(dir), name))

/** The reasons are there before the file is. */
export const moveToRejected = async (dir: string, name: string, read: FileState, report: FileReport): Promise<Moved> => {
  const free = await freeName(rejectedDir(dir), name)
  const reasonFile = `${free}.reason.json`
  await writeAtomically(nodeDisk, rejectedDir(dir), reasonFile, new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`))
  const moved = await moveTo(dir, name, read, rejectedDir(dir), free)
  if (moved === 'replaced') await rm(join(rejectedDir(dir), reasonFile), { force: true })
  return moved
}

const moveTo = async (from: string, name: string, read: FileState, to: string, target: string): Promise<Moved> => {
  await rename(join(from, name), join(to, target))
  const { size, mtimeMs } = await lstat(join(to, target))
  const isOther = size !== read.size || mtimeMs !== read.mtimeMs
  if (isOther) await rename(join(to, target), join(from, await freeName(from, name)))
  await nodeDisk.syncDir(to)
  await nodeDisk.syncDir(from)
  return isOther ? 'replaced' : 'moved'
}

const longestNameBytes = 200

/** A file system takes 255 bytes, and what we add to the name must fit too. */
const shortened = (stem: string, ext: string): string => {
  let kept = stem
  while (Buffer.byteLength(kept + ext) > longestNameBytes && kept.length > 0) kept = [...kept].slice(0, -1).join('')
  return kept
}

const freeName = async (dir: string, name: string): Promise<string> => {
  const { name: whole, ext: full } = parse(name)
  const ext = full.slice(0, 20)
  const stem = shortened(whole, ext)
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? `${stem}${ext}` : `${stem}~${n}${ext}`
    if (!(await exists(join(dir, candidate))) && !(await exists(join(dir, `${candidate}.reason.json`)))) return candidate
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
