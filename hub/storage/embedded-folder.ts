/**
 * The embedded server's files: where they are, whose they are, which server runs on them, and how they go. They lie in the
 * data folder, or beside all others in a staging folder where PostgreSQL's user cannot reach the data folder.
 */
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { isReachable, type RunAs, stagingRoot, stagingRoots, unprivilegedUser } from './postgres-binaries.ts'

export interface Folder {
  /** PostgreSQL's own folder. */
  data: string
  password: string
  runAs: RunAs
}

export const logFile = (folder: Pick<Folder, 'data'>): string => `${folder.data}.log`

export const ownerFile = (folder: Pick<Folder, 'data'>): string => `${folder.data}.owner`

export const prepareFolder = async (dataDir: string, log: Logger): Promise<Folder> => {
  const runAs = await unprivilegedUser()
  await mkdir(dataDir, { recursive: true })
  if (runAs) await chmod(dataDir, 0o711)
  const password = await keptPassword(join(dataDir, 'password'))
  if (await isReachable(dataDir, runAs))
    return { data: join(dataDir, 'postgres'), password, runAs: await ownerOf(join(dataDir, 'postgres'), runAs) }
  const data = join(await stagingRoot(), stagedName(dataDir))
  log.info({ dataDir, data }, 'PostgreSQL runs as another user who cannot reach the data folder: its files are kept elsewhere')
  return { data, password, runAs: await ownerOf(data, runAs) }
}

/** Where the data goes when PostgreSQL's user cannot reach the data folder. */
const stagedName = (dataDir: string): string => `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`

/** Data that is there already keeps its owner, even if a better user has appeared since. */
const ownerOf = async (data: string, otherwise: RunAs): Promise<RunAs> => {
  const found = otherwise && (await stat(data).catch(() => null))
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : otherwise
}

const keptPassword = async (path: string): Promise<string> => {
  await writeFile(path, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  return (await readFile(path, 'utf8')).trim()
}

export interface Running {
  pid: number
  port: number
}

/** The live server of this folder. A lock file whose process is gone, or is some other program, is removed. */
export const runningServer = async (folder: Pick<Folder, 'data'>): Promise<Running | null> => {
  const path = join(folder.data, 'postmaster.pid')
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  if (await isPostmasterOf(pid, folder.data)) return { pid, port: Number(lines[3]) }
  await rm(path, { force: true })
  return null
}

const isPostmasterOf = async (pid: number, data: string): Promise<boolean> => {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null)
  return cwd === data || (cwd === null && isAlive(pid))
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Removes all that an embedded server of this data folder has on the disk: data, log, owner, password, wherever they are. Stops
 * nothing: while a server runs on them everything stays. The data folder itself may be gone already.
 */
export const removeEmbeddedPostgres = async (dataDir: string): Promise<'removed' | 'running'> => {
  const home = resolve(dataDir)
  const places = [join(home, 'postgres'), ...stagingRoots.map((root) => join(root, stagedName(home)))]
  for (const data of places) if (await runningServer({ data })) return 'running'
  for (const data of places) {
    const unfinished = (await readdir(dirname(data)).catch(() => [])).filter((name) => name.startsWith(`${basename(data)}-new-`))
    const paths = [data, logFile({ data }), ownerFile({ data }), ...unfinished.map((name) => join(dirname(data), name))]
    for (const path of paths) await rm(path, { recursive: true, force: true })
  }
  await rm(join(home, 'password'), { force: true })
  return 'removed'
}
