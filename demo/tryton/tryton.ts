/**
 * A real Tryton for demos and tests: Debian's packages, a SQLite database of our own, one process of our own.
 * The first start makes and seeds the database (about 25 s); later ones copy it (about a second). Stopped by its own pid only.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import {
  missingTryton,
  placeDatabase,
  pristineDatabase,
  python,
  trytonDatabase,
  trytonEnvironment,
  writeConfiguration,
} from './database.ts'

export interface TrytonOptions {
  dataDir: string
  /** 0 or absent: a free one. */
  port?: number
  /** A line for people on what takes time. */
  log?: (line: string) => void
  /** Where pristine databases are kept between runs. */
  cacheDir?: string
}

export interface Tryton {
  url: string
  database: string
  user: string
  password: string
  pid: () => number
  /** The pristine database again; books made since are gone. */
  reset(): Promise<void>
  /** SIGKILL, as a power cut would; `start` brings it back with its books. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export class TrytonMissing extends Error {
  override name = 'TrytonMissing'
}

const user = 'admin'
/** Of a demo on 127.0.0.1 with made-up books: no secret. */
const password = 'demo-Tideline-4711'
const startTimeoutMs = 30_000

const answers = async (url: string): Promise<boolean> => {
  try {
    const body = JSON.stringify({ id: 0, method: 'common.server.version', params: [] })
    const response = await fetch(`${url}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(2_000),
    })
    return response.ok
  } catch {
    return false
  }
}

const launch = async (folder: string, configuration: string, url: string): Promise<ChildProcess> => {
  const output = openSync(join(folder, 'trytond.log'), 'a')
  // In its own process group: a Ctrl-C at the terminal is for who started it, and they stop it in order.
  const child = spawn(python, ['-W', 'ignore', '/usr/bin/trytond', '-c', configuration, '-d', trytonDatabase], {
    cwd: folder,
    env: trytonEnvironment(),
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  const deadline = Date.now() + startTimeoutMs
  while (!(await answers(url))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`Tryton did not start; its log is ${join(folder, 'trytond.log')}`)
    }
    await delay(50)
  }
  return child
}

export const startTryton = async (options: TrytonOptions): Promise<Tryton> => {
  const missing = await missingTryton()
  if (missing !== null) throw new TrytonMissing(missing)
  const folder = resolve(options.dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const cacheDir = resolve(options.cacheDir ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tideline'))
  const log = options.log ?? (() => undefined)
  const pristine = await pristineDatabase(cacheDir, password, log)
  if (!(await stat(join(folder, 'data', `${trytonDatabase}.sqlite`)).catch(() => null))) await placeDatabase(pristine, folder)

  const port = options.port || (await freePort())
  const url = `http://127.0.0.1:${port}`
  const configuration = await writeConfiguration(folder, port)
  let child: ChildProcess | null = await launch(folder, configuration, url)
  const onExit = (): void => void child?.kill('SIGKILL')
  process.once('exit', onExit)

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child
    child = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }
  const start = async (): Promise<void> => {
    child ??= await launch(folder, configuration, url)
  }
  return {
    url,
    database: trytonDatabase,
    user,
    password,
    pid: () => child?.pid ?? 0,
    start,
    kill: () => end('SIGKILL'),
    async reset() {
      await end('SIGTERM')
      await placeDatabase(pristine, folder)
      await start()
    },
    async stop() {
      process.off('exit', onExit)
      await end('SIGTERM')
    },
  }
}

/** `node demo/tryton/tryton.ts --data-dir DIR [--port N]`: runs until told to stop. */
if (import.meta.main) {
  const { parseArgs } = await import('node:util')
  const { values } = parseArgs({
    options: { 'data-dir': { type: 'string', default: '.tideline/tryton' }, port: { type: 'string', default: '0' } },
  })
  const tryton = await startTryton({
    dataDir: values['data-dir'],
    port: Number(values.port),
    log: (line) => process.stderr.write(`${line}\n`),
  })
  const stop = () => void tryton.stop().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(
    `${JSON.stringify({ ready: true, url: tryton.url, database: tryton.database, user: tryton.user, password: tryton.password, pid: tryton.pid() })}\n`,
  )
}
