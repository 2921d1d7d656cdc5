/**
 * A real agent on a real file system of eight megabytes that fills up. The mount lives in a namespace of its own (`unshare`), and is
 * reached through the agent's /proc entry.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { checkoutRoot } from '#scripts/root.ts'
import { saleOf } from '../fixtures/transactions.ts'
import { tempFolder } from '../shell/temp-folder.ts'

interface Agent {
  states: string[]
  port: Promise<number>
  /** The mounted folder, as seen from here. */
  root: string
  child: ChildProcess
}

const unshare = process.getuid?.() === 0 ? ['-m'] : ['-rm']

const startAgent = (mount: string, mountCommand: string): Agent => {
  const script = `${mountCommand} && exec "$0" "$1" "$2"`
  const program = join(checkoutRoot, 'test/journal/full-disk-agent.ts')
  const child = spawn('unshare', [...unshare, 'sh', '-c', script, process.execPath, program, mount], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const states: string[] = []
  const port = new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the agent ended')))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { disk?: string; port?: number }
      if (said.disk !== undefined) states.push(said.disk)
      if (said.port !== undefined) resolve(said.port)
    })
  })
  return { states, port, root: `/proc/${child.pid}/root${mount}`, child }
}

const post = async (agent: Agent, n: number, description = 'Tea'): Promise<number> => {
  const sale = saleOf(n)
  const [line] = sale.lineItems
  const lineItems = Array.from({ length: 40 }, (_, at) => ({ ...line, lineNumber: at + 1, description }))
  const response = await fetch(`http://127.0.0.1:${await agent.port}/v1/transactions`, {
    method: 'POST',
    headers: { authorization: 'Bearer token' },
    body: JSON.stringify({ ...sale, lineItems }),
  })
  return response.status
}

const numbersIn = async (agent: Agent): Promise<number[]> => {
  const dir = join(agent.root, 'journal')
  const names = (await readdir(dir)).filter((name) => name.endsWith('.jsonl')).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')))
  // Half a line is what a refused write leaves until the next one.
  const lines = texts.flatMap((text) => text.split('\n').slice(0, -1))
  return lines.map(
    (line) => (JSON.parse((JSON.parse(line.slice(65)) as { payload: string }).payload) as { sequenceNumber: number }).sequenceNumber,
  )
}

const health = async (agent: Agent): Promise<{ disk: { state: string; message?: string } }> =>
  (await fetch(`http://127.0.0.1:${await agent.port}/v1/health`)).json() as Promise<{ disk: { state: string } }>

describe('a disk that fills up', () => {
  it('[JNL3] every sale that was answered is in the journal; low, reserve, full; and on again when there is room', async () => {
    const mount = join(tempFolder(), 'disk')
    mkdirSync(mount)
    const agent = startAgent(mount, `mount -t tmpfs -o size=8m tmpfs ${mount}`)
    await agent.port
    const taken: number[] = []
    let n = 0
    let status = 201
    // The guard looks at the room now and then; until it has warned, the disk fills slowly.
    await writeFile(join(agent.root, 'ballast'), Buffer.alloc(4_500_000, 1))
    await vi.waitFor(() => expect(agent.states).toContain('low'), { timeout: 40_000, interval: 100 })
    while (status === 201) {
      n += 1
      status = await post(agent, n)
      if (status === 201) taken.push(n)
    }
    expect([status, (await health(agent)).disk.state]).toEqual([503, 'full'])
    expect(agent.states).toEqual(['roomy', 'low', 'reserve', 'full'])
    expect(taken.length).toBeGreaterThan(50)
    expect(await numbersIn(agent)).toEqual(taken)
    // The last bit of it is kept for the manifest, which says what may go.
    expect((await stat(join(agent.root, 'journal', 'reserve'))).size).toBe(65_536)

    await rm(join(agent.root, 'ballast'))
    await vi.waitFor(async () => expect(await post(agent, n)).toBe(201), { timeout: 20_000, interval: 100 })
    await vi.waitFor(async () => expect((await health(agent)).disk.state).toBe('roomy'), { timeout: 20_000, interval: 100 })
    expect((await stat(join(agent.root, 'journal', 'reserve'))).size).toBe(1_000_000)
    expect(await numbersIn(agent)).toEqual([...taken, n])
    agent.child.kill('SIGTERM')
    await once(agent.child, 'exit')
  }, 120_000)
})
