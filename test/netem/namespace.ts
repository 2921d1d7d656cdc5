/** A network namespace of the test's own: programs started in it have a network of their own, and only the line that the test gives them. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { must } from '#sync/contract/assert.ts'

export interface Namespace {
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** Resolves with what it printed. Rejects, with what it complained of, unless it ends with 0. */
  run(command: string, args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

const runHere = async (command: string, args: readonly string[]): Promise<string> => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [printed, complaint, [code]] = await Promise.all([
    text(must(child.stdout, 'stdout')),
    text(must(child.stderr, 'stderr')),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  if (code === 0) return printed
  throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${complaint.trim()}`)
}

/** `name` must be unused on this computer. Needs root. */
export const addNamespace = async (name: string): Promise<Namespace> => {
  await runHere('ip', ['netns', 'add', name])
  const within = (command: string, args: readonly string[]): string[] => ['netns', 'exec', name, command, ...args]
  const run: Namespace['run'] = (command, args) => runHere('ip', within(command, args))
  await run('ip', ['link', 'set', 'lo', 'up'])
  return {
    run,
    spawn: (command, args, options = {}) => spawn('ip', within(command, args), options),
    remove: async () => {
      await runHere('ip', ['netns', 'delete', name])
    },
  }
}
