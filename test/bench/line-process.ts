/** A process of a benchmark that is told what to do, and tells what happened, by lines. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface LineProcess {
  tell(line: string): void
  /** The next line that it says, as JSON; each is given once. */
  next<T>(): Promise<T>
  stop(): Promise<void>
}

export const startLineProcess = (args: readonly string[]): LineProcess => {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const said: string[] = []
  const waiting: ((line: string) => void)[] = []
  createInterface(child.stdout).on('line', (line) => {
    const first = waiting.shift()
    if (first) first(line)
    else said.push(line)
  })
  const next = (): Promise<string> => {
    const line = said.shift()
    return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line)
  }
  return {
    tell: (line) => void child.stdin.write(`${line}\n`),
    next: async <T>() =>
      JSON.parse(
        await Promise.race([
          next(),
          ended.then((): string => {
            throw new Error(`${args[0]} ended`)
          }),
        ]),
      ) as T,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
