/** The built agent as a plain process, started as a service would start it; every child is ended with its test. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { electronEnvironment, electronExecutable } from '#scripts/electron-runtime.ts'
import { checkoutRoot } from '#scripts/root.ts'

const readySchema = z.strictObject({ ready: z.literal(true), httpPort: z.int(), dataDir: z.string(), tillTokenFile: z.string() })

export interface AgentChild {
  /** The first line on stdout that is JSON; rejects when the agent ends before. */
  ready: Promise<z.infer<typeof readySchema>>
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
  kill(signal: NodeJS.Signals): void
}

export const startAgentChild = async (folder: string, settings: Record<string, unknown>): Promise<AgentChild> => {
  const config = join(folder, 'agent.json')
  writeFileSync(config, JSON.stringify({ dataDir: join(folder, 'data'), http: { port: 0 }, showWindow: false, ...settings }))
  const runtime = await electronExecutable()
  const child = spawn(runtime.path, [...runtime.args, checkoutRoot, '--config', config], {
    env: electronEnvironment({ TIDELINE_READY_JSON: '1' }),
  })
  onTestFinished(() => void child.kill('SIGKILL'))

  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended: AgentChild['ended'] = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, stderr })))
  const ready: AgentChild['ready'] = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && resolve(readySchema.parse(JSON.parse(line))))
    void ended.then(() => reject(new Error(`the agent ended before it was ready: ${stderr}`)))
  })
  ready.catch(() => undefined)
  return { ready, ended, kill: (signal) => void child.kill(signal) }
}
