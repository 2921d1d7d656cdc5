/** The reference ERP as a process of its own, which a test may kill. Ended by its own pid only. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { ReferenceErpOptions } from './reference-erp.ts'

export interface ReferenceErpProcess {
  url: string
  user: string
  password: string
  database: string
  pid: number
  /** SIGKILL: nothing is flushed, nothing is said. Resolves when it is gone. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const readySchema = z.object({ ready: z.literal(true), url: z.string(), user: z.string(), password: z.string(), pid: z.int() })

export const spawnReferenceErp = async (options: Omit<ReferenceErpOptions, 'user' | 'password' | 'down'>): Promise<ReferenceErpProcess> => {
  const flags = {
    'data-dir': options.dataDir,
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    'latency-ms': options.latencyMs ?? 0,
    'fault-rate': options.faultRate ?? 0,
    'rate-per-second': options.ratePerSecond ?? 0,
  }
  const program = fileURLToPath(new URL('./reference-erp.ts', import.meta.url))
  // In its own process group: a Ctrl-C at the terminal is for who started it, and they stop it in order.
  const child = spawn(process.execPath, [program, ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const onExit = (): void => void child.kill('SIGKILL')
  process.once('exit', onExit)
  const gone = once(child, 'exit').finally(() => process.off('exit', onExit))
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    gone.then(([code]) => Promise.reject(new Error(`the reference ERP ended with ${code}`))),
  ])
  const ready = readySchema.parse(JSON.parse(first))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  return {
    url: ready.url,
    user: ready.user,
    password: ready.password,
    database: 'reference',
    pid: ready.pid,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
