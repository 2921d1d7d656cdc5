/** A real nats-server with JetStream on a free port of this computer, that can be killed and started again where it was. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface NatsServer {
  url: string
  start(): Promise<void>
  /** As a power cut ends it. */
  kill(): Promise<void>
  remove(): Promise<void>
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((settle) => server.close(settle))
  return port
}

export const createNatsServer = async (): Promise<NatsServer> => {
  const [dir, port] = [await mkdtemp(join(tmpdir(), 'tideline-nats-')), await freePort()]
  let child: ChildProcess | null = null
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const before = child
    child = null
    if (before === null) return
    const ended = once(before, 'exit')
    before.kill(signal)
    await ended
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    start: async () => {
      const begun = spawn('/usr/sbin/nats-server', ['-js', '-sd', dir, '-a', '127.0.0.1', '-p', String(port)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      child = begun
      const lines = createInterface(begun.stderr)
      await new Promise<void>((settle, refuse) => {
        lines.on('line', (line) => line.includes('Server is ready') && settle())
        begun.once('error', refuse)
        begun.once('exit', (code) => refuse(new Error(`nats-server ended with ${String(code)}`)))
      })
    },
    kill: () => end('SIGKILL'),
    remove: async () => {
      await end('SIGTERM')
      await rm(dir, { recursive: true, force: true })
    },
  }
}
