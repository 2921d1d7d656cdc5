/** Starts the built agent in Electron; what Electron writes goes to the terminal, without Chromium's D-Bus noise. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { electronEnvironment, electronExecutable } from './electron-runtime.ts'
import { checkoutRoot } from './root.ts'

const isNoise = (line: string): boolean => /ERROR:.*(dbus|gpu|viz|gl_|vaapi|angle|object_proxy|bus\.cc)/i.test(line)

const relay = (from: Readable, to: NodeJS.WriteStream): void => {
  createInterface({ input: from }).on('line', (line) => {
    if (line !== '' && !isNoise(line)) to.write(`${line}\n`)
  })
}

export const spawnAgent = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> => {
  const electron = await electronExecutable()
  const child = spawn(electron.path, [...electron.args, checkoutRoot, ...args], {
    env: electronEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  relay(child.stdout, process.stdout)
  relay(child.stderr, process.stderr)
  return child
}

export const waitForExit = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode ?? 1)
    child.once('error', () => resolve(127))
    child.once('exit', (code) => resolve(code ?? 1))
  })
