/** The watched folder's own moves: which names are meant for us, and how a file leaves to `done/` or `rejected/` without replacing another. */
import { access, rename } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { nodeDisk, writeAtomically } from '../journal/disk.ts'
import type { FileReport } from './folder-report.ts'

export const doneDir = (dir: string): string => join(dir, 'done')
export const rejectedDir = (dir: string): string => join(dir, 'rejected')

/** Hidden files and those that a program still writes under a passing name are not. */
export const isForUs = (name: string): boolean => !name.startsWith('.') && !/(?:\.tmp|\.temp|\.part|\.partial|\.crdownload|~)$/i.test(name)

export const moveToDone = async (dir: string, name: string): Promise<string> => moveTo(dir, doneDir(dir), name)

/** The reasons are there before the file is. */
export const moveToRejected = async (dir: string, name: string, report: FileReport): Promise<string> => {
  const free = await freeName(rejectedDir(dir), name)
  await writeAtomically(nodeDisk, rejectedDir(dir), `${free}.reason.json`, new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`))
  return moveTo(dir, rejectedDir(dir), name, free)
}

const moveTo = async (from: string, to: string, name: string, free?: string): Promise<string> => {
  const target = free ?? (await freeName(to, name))
  await rename(join(from, name), join(to, target))
  await nodeDisk.syncDir(to)
  await nodeDisk.syncDir(from)
  return target
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
