/**
 * A child process with a log file and a ready line: the first line of its stdout that is a JSON object with `"ready": true`.
 * It runs in its own process group, so that stopping it takes its children along and touches nothing else.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'

export interface ChildOptions {
  name: string
  command: string
  args: string[]
  env?: Record<string, string | undefined>
  cwd?: string
  logFile: string
  readyTimeoutMs?: number
}

export interface RunningChild<Ready> {
  name: string
  pid: number
  ready: Ready
  /** SIGTERM, then SIGKILL for whatever is left after ten seconds. */
  stop(): Promise<void>
  /** SIGKILL at once, as a power cut would; `only` spares its children. */
  kill(reach?: 'group' | 'only'): Promise<void>
  exited: Promise<number | null>
}

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (child.pid) process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}

export const startChild = async <Ready>(options: ChildOptions, parseReady: (line: unknown) => Ready): Promise<RunningChild<Ready>> => {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = createWriteStream(options.logFile, { flags: 'a' })
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
  delete env['ELECTRON_RUN_AS_NODE']
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stderr.pipe(log, { end: false })
  const onExit = (): void => signalGroup(child, 'SIGKILL')
  process.once('exit', onExit)
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', () => resolve(-1))
  }).finally(() => process.off('exit', onExit))
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => {
      signalGroup(child, 'SIGKILL')
      reject(new Error(`${options.name} was not ready in time; see ${options.logFile}`))
    }, options.readyTimeoutMs ?? 90_000)
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`)
      const message = parseReadyLine(line)
      if (message === undefined) return
      clearTimeout(timer)
      resolve(parseReady(message))
    })
    void exited.then((code) => {
      clearTimeout(timer)
      reject(new Error(`${options.name} ended (${code}) before it was ready; see ${options.logFile}`))
    })
  })
  return {
    name: options.name,
    pid: child.pid ?? -1,
    ready,
    exited,
    stop: async () => {
      signalGroup(child, 'SIGTERM')
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 10_000)
      await exited
      clearTimeout(timer)
    },
    kill: async (reach = 'group') => {
      if (reach === 'only') child.kill('SIGKILL')
      else signalGroup(child, 'SIGKILL')
      await exited
    },
  }
}

const parseReadyLine = (line: string): unknown => {
  if (!line.startsWith('{')) return undefined
  try {
    const value = JSON.parse(line) as { ready?: unknown }
    return value.ready === true ? value : undefined
  } catch {
    return undefined
  }
}
