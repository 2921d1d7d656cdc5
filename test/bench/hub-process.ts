/** Starts a hub in its own process and reads its ready line; both sides of a benchmark run this way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface HubProcess {
  url: string
  stop(): Promise<void>
}

export const startHubProcess = async (args: readonly string[], environment: Record<string, string> = {}): Promise<HubProcess> => {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    ended.then(([code]): string => {
      throw new Error(`${args[0]} ended with ${String(code)} before it was ready`)
    }),
  ])
  const { url } = JSON.parse(line) as { url: string }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
