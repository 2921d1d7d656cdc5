/** A screen to draw on: the user's own where there is one, else a private Xvfb that ends with its owner. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

export type Display = { env: { DISPLAY?: string }; isVirtual: boolean; stop: () => Promise<void> }

const START_TIMEOUT_MS = 20_000

export const hasOwnDisplay = (): boolean => process.platform !== 'linux' || Boolean(process.env['DISPLAY'])

/** Xvfb itself picks a free number and writes it to the fourth file descriptor once it is ready. */
const readDisplayNumber = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let written = ''
    const timer = setTimeout(() => reject(new Error('Xvfb did not become ready')), START_TIMEOUT_MS)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      act()
    }
    child.once('error', (error) => settle(() => reject(error)))
    child.once('exit', (code) => settle(() => reject(new Error(`Xvfb ended with code ${code}`))))
    const pipe = child.stdio[3] as Readable
    pipe.on('data', (chunk: Buffer) => {
      written += chunk.toString()
      if (written.includes('\n')) settle(() => resolve(written.trim()))
    })
  })

const stopChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })

export const openDisplay = async (): Promise<Display> => {
  if (hasOwnDisplay()) return { env: {}, isVirtual: false, stop: async () => {} }
  const args = ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp']
  // In its own process group: at a Ctrl-C whoever draws on it ends first.
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], detached: true })
  const killOnExit = (): void => void child.kill('SIGKILL')
  process.once('exit', killOnExit)
  const number = await readDisplayNumber(child).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  const stop = async (): Promise<void> => {
    process.off('exit', killOnExit)
    await stopChild(child)
  }
  return { env: { DISPLAY: `:${number}` }, isVirtual: true, stop }
}

export const withDisplay = async <T>(work: (env: { DISPLAY?: string }) => Promise<T>): Promise<T> => {
  const display = await openDisplay()
  try {
    return await work(display.env)
  } finally {
    await display.stop()
  }
}
