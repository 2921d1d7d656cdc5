/**
 * A real PostgreSQL of our own, for one machine without a database server: on 127.0.0.1 at a free port, fsync on, a random
 * password kept 0600 beside the data. Never two servers on one folder: one that a killed hub left running is adopted,
 * one that is on its way down is waited for, and a lock file that nobody stands behind is removed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Logger } from 'pino'
import { type Folder, isAlive, logFile, ownerFile, prepareFolder, type Running, runningServer } from './embedded-folder.ts'
import { findPrograms, giveTo, type PostgresPrograms } from './postgres-binaries.ts'

const run = promisify(execFile)

export interface EmbeddedPostgres {
  url: string
  /** The process number of the server, for tests that stop it underneath. */
  postmasterPid: number
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  dataDir: string
  log: Logger
  startTimeoutMs?: number
  /** Further `-c` settings. */
  settings?: Record<string, string>
}

export const startEmbeddedPostgres = async ({
  dataDir,
  log,
  startTimeoutMs = 60_000,
  settings = {},
}: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  const folder = await prepareFolder(resolve(dataDir), log)
  const programs = await findPrograms(folder.runAs, log)
  await initialise(folder, programs, log)
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline) {
    const running = await runningServer(folder)
    if (running) {
      const adopted = await adopt(folder, running, log)
      if (adopted) return adopted
      await delay(100)
      continue
    }
    const started = await startServer(folder, programs, settings, deadline)
    if (started) return started
  }
  throw new Error(`the embedded PostgreSQL did not answer within ${startTimeoutMs} ms; its log is ${logFile(folder)}`)
}

/** initdb into a folder aside, then one rename: a half-made one is never taken for a database. */
const initialise = async (folder: Folder, programs: PostgresPrograms, log: Logger): Promise<void> => {
  if (await stat(join(folder.data, 'PG_VERSION')).catch(() => null)) return
  log.info({ data: folder.data }, 'creating a PostgreSQL database')
  const aside = await mkdtemp(`${folder.data}-new-`)
  try {
    const passwordFile = join(aside, 'password')
    await writeFile(passwordFile, `${folder.password}\n`, { mode: 0o600 })
    const made = join(aside, 'made')
    await mkdir(made, { mode: 0o700 })
    for (const path of [aside, passwordFile, made]) await giveTo(path, folder.runAs)
    const flags = [
      '--auth=scram-sha-256',
      '--username=tideline',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]
    await run(programs.initdb, [`--pgdata=${made}`, `--pwfile=${passwordFile}`, ...flags], {
      ...folder.runAs,
      cwd: '/',
      env: postgresEnvironment(),
    })
    await rename(made, folder.data).catch((error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Nothing of the caller's PG* variables may steer our server. */
const postgresEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  TZ: 'UTC',
  LC_ALL: 'C',
  SystemRoot: process.env['SystemRoot'],
})

const urlOf = (folder: Folder, port: number): string => `postgresql://tideline:${folder.password}@127.0.0.1:${port}/postgres`

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Null while it starts up or shuts down: ask again. It is stopped by us only if the hub that started it is gone. */
const adopt = async (folder: Folder, running: Running, log: Logger): Promise<EmbeddedPostgres | null> => {
  if (!(running.port > 0) || !(await answers(urlOf(folder, running.port)))) return null
  const owner = Number(await readFile(ownerFile(folder), 'utf8').catch(() => ''))
  const shared = owner > 0 && owner !== process.pid && isAlive(owner)
  log.info(
    { pid: running.pid, shared },
    shared ? 'sharing the PostgreSQL of another hub process' : 'took over the PostgreSQL that an earlier hub left running',
  )
  if (!shared) await writeFile(ownerFile(folder), String(process.pid))
  return {
    url: urlOf(folder, running.port),
    postmasterPid: running.pid,
    stop: () => (shared ? Promise.resolve() : stopServer(folder, running.pid)),
  }
}

/** Null if another process was quicker, or the port was taken in between: look again. */
const startServer = async (
  folder: Folder,
  programs: PostgresPrograms,
  settings: Record<string, string>,
  deadline: number,
): Promise<EmbeddedPostgres | null> => {
  const port = settings['port'] === undefined ? await freePort() : Number(settings['port'])
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const output = await open(logFile(folder), 'a')
  // Its own session: a Ctrl-C at the terminal reaches the hub alone, which then stops it in order.
  const child = spawn(programs.postgres, ['-D', folder.data, ...flags], {
    ...folder.runAs,
    cwd: '/',
    env: postgresEnvironment(),
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  })
  child.unref()
  const [pid] = await Promise.all([spawned(child), output.close()])
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    if (await answers(urlOf(folder, port))) {
      await writeFile(ownerFile(folder), String(process.pid))
      return { url: urlOf(folder, port), postmasterPid: pid, stop: stopWithProcess(folder, pid) }
    }
    await delay(50)
  }
  if (child.exitCode !== null && !(await runningServer(folder))) await refuseFatal(folder)
  return null
}

const spawned = (child: ChildProcess): Promise<number> =>
  new Promise((settle, reject) => {
    child.once('error', reject)
    if (child.pid !== undefined) settle(child.pid)
  })

/** A server that ended by itself for any reason but a taken port or folder will not do better the next time. */
const refuseFatal = async (folder: Folder): Promise<void> => {
  const tail = (await readFile(logFile(folder), 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8)
  const text = tail.join('\n')
  if (/Address already in use|could not bind|already exists|Is another postmaster/i.test(text)) return
  throw new Error(`the embedded PostgreSQL did not start:\n${text}`)
}

/** If this process leaves without stop(), the server is told to go as well. */
const stopWithProcess = (folder: Folder, pid: number): (() => Promise<void>) => {
  const onExit = (): void => {
    if (isAlive(pid)) process.kill(pid, 'SIGINT')
  }
  process.once('exit', onExit)
  return async () => {
    process.off('exit', onExit)
    await stopServer(folder, pid)
  }
}

/** SIGINT is PostgreSQL's fast shutdown: sessions are ended, everything is on disk when its lock file goes, the last thing it does. */
const stopServer = async (folder: Folder, pid: number): Promise<void> => {
  if (!isAlive(pid)) return
  process.kill(pid, 'SIGINT')
  while (isAlive(pid) && (await runningServer(folder))?.pid === pid) await delay(20)
}

const freePort = (): Promise<number> =>
  new Promise((settle, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? settle(address.port) : reject(new Error('no free port'))))
    })
  })
