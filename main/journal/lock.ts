/**
 * One writer for each folder: a lock file that names its process. A lock whose process is gone, or whose number now belongs
 * to another process, is stale and taken over.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

export class JournalInUse extends Error {
  override name = 'JournalInUse'
}

const ownerSchema = z.object({ pid: z.int(), started: z.string(), token: z.string() })
type Owner = z.infer<typeof ownerSchema>

/** Folders that this process holds: its own number in a lock file says nothing by itself. */
const held = new Set<string>()

/** Resolves to the function that releases it; rejects with JournalInUse. */
export const lockFolder = async (dir: string): Promise<() => Promise<void>> => {
  const path = join(dir, 'journal.lock')
  if (held.has(path)) throw new JournalInUse(`this program has the journal open already (${path})`)
  held.add(path)
  try {
    await takeLock(path)
  } catch (error) {
    held.delete(path)
    throw error
  }
  return async () => {
    await rm(path, { force: true })
    held.delete(path)
  }
}

const takeLock = async (path: string): Promise<void> => {
  // Before anything is written: on a full disk, too, whoever holds it is named.
  await refuseLiving(path)
  const token = randomBytes(8).toString('hex')
  const draft = `${path}.${token}`
  try {
    await writeFile(draft, JSON.stringify({ pid: process.pid, started: (await startOf(process.pid)) ?? '', token }))
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await linkOnce(draft, path)) return
      await moveAside(path, await refuseLiving(path), draft)
    }
    throw new JournalInUse(`${path} is wanted by several processes`)
  } finally {
    await rm(draft, { force: true })
  }
}

const refuseLiving = async (path: string): Promise<Owner | null> => {
  const owner = await readOwner(path)
  if (owner && (await isAlive(owner)))
    throw new JournalInUse(`another program, process ${owner.pid}, has this journal open already (${path})`)
  return owner
}

/** A hard link appears whole and never replaces: the file is complete the moment it exists. */
const linkOnce = async (draft: string, path: string): Promise<boolean> => {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Two takers may see the same stale lock: whoever moved a fresh one by mistake puts it back. */
const moveAside = async (path: string, stale: Owner | null, draft: string): Promise<void> => {
  const aside = `${draft}.stale`
  await rename(path, aside).catch(() => undefined)
  const moved = await readOwner(aside)
  if (moved && moved.token !== stale?.token) await linkOnce(aside, path)
  await rm(aside, { force: true })
}

const readOwner = async (path: string): Promise<Owner | null> => {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

const isAlive = async (owner: Owner): Promise<boolean> => {
  if (owner.pid === process.pid) return false
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const started = await startOf(owner.pid)
  return started === null || owner.started === '' || started === owner.started
}

/** When that process began, in words that differ for another process of the same number; null when it cannot be told. */
const startOf = async (pid: number): Promise<string | null> => {
  if (process.platform !== 'linux') return `boot ${Math.round((Date.now() / 1_000 - uptime()) / 600)}`
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return null
  }
}
