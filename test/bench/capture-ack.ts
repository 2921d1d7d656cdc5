/**
 * How much slower is a till's POST than the disk itself? One till, one sale after the other, over a kept-alive connection to an
 * agent in its own process, against a bare append + fdatasync of the same bytes on the same disk. Both sides in turn, block by block.
 *
 *   node test/bench/capture-ack.ts DATA_DIR     the agent's side: prints its address, then serves until it is ended
 */
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { silentLog } from '#main/agent-log.ts'
import { startStoreAgent } from '#main/store-agent.ts'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'
import type { Benchmark } from './benchmark.ts'
import { median, percentile, rounded } from './figures.ts'
import { saleBody } from './sale-body.ts'
import { startHubProcess } from './hub-process.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'

const rounds = 7
/** An agent runs for weeks: what counts is how it runs warm. */
const warmUpRounds = 2
const blocksPerRound = 100
const postsPerBlock = 10
const token = 'bench'

const requestOf = (body: string): string =>
  `POST /v1/transactions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
  `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** A till that spends no time of its own: one write, and the answer is in when its body's length has come. */
const post = async (till: Socket, request: string): Promise<number> => {
  till.write(request)
  for (let answer = ''; ;) {
    const [chunk] = (await once(till, 'data')) as [Buffer]
    answer += chunk.toString('latin1')
    const [head, body] = answer.split('\r\n\r\n', 2)
    const length = /content-length: (\d+)/i.exec(head ?? '')?.[1]
    if (body !== undefined && length !== undefined && body.length >= Number(length)) return Number(answer.slice(9, 12))
  }
}

const timePosts = async (till: Socket, first: number): Promise<number[]> => {
  const requests = Array.from({ length: postsPerBlock }, (_, index) => requestOf(saleBody(first + index)))
  const times: number[] = []
  for (const request of requests) {
    const started = performance.now()
    const status = await post(till, request)
    times.push(performance.now() - started)
    if (status !== 201) throw new Error(`expected 201, got ${status}`)
  }
  return times
}

const timeAppends = async (path: string, bytes: Uint8Array): Promise<number[]> => {
  const file = await open(path, 'a')
  const times: number[] = []
  try {
    for (let n = 0; n < postsPerBlock; n += 1) {
      const started = performance.now()
      await file.appendFile(bytes)
      await file.datasync()
      times.push(performance.now() - started)
    }
  } finally {
    await file.close()
  }
  return times
}

const serve = async (dir: string): Promise<void> => {
  const config = agentConfigSchema.parse({ dataDir: dir, hubUrl: 'http://127.0.0.1:1', http: { port: 0 } })
  const identity = identitySchema.parse({
    deviceId: 'dev-aaaaaaaaaaaa',
    storeId: '9',
    storeName: 'Bench',
    currency: 'USD',
    timeZone: 'UTC',
  })
  const store = await startStoreAgent({
    config,
    identity,
    httpToken: token,
    items: { lookup: async () => null },
    signer: createDeviceKey(),
    log: silentLog,
  })
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${store.httpPort}` })}\n`)
}

const measure = async (dir: string, progress: (line: string) => void) => {
  const agent = await startHubProcess(['test/bench/capture-ack.ts', dir])
  const till = connect({ host: '127.0.0.1', port: Number(new URL(agent.url).port), noDelay: true })
  await once(till, 'connect')
  const line = new TextEncoder().encode(`${saleBody(0)}\n`)
  const figures: { ours: number[]; bare: number[] }[] = []
  let next = 0
  try {
    for (let round = 1 - warmUpRounds; round <= rounds; round += 1) {
      const ours: number[] = []
      const bare: number[] = []
      for (let block = 0; block < blocksPerRound; block += 1) {
        bare.push(...(await timeAppends(join(dir, 'bare.log'), line)))
        ours.push(...(await timePosts(till, next)))
        next += postsPerBlock
      }
      if (round > 0) figures.push({ ours, bare })
      if (round > 0)
        progress(
          `round ${round} of ${rounds}: POST p99 ${rounded(percentile(ours, 0.99))} ms, bare p99 ${rounded(percentile(bare, 0.99))} ms`,
        )
    }
    return { figures, recordBytes: line.length }
  } finally {
    till.destroy()
    await agent.stop()
  }
}

export const captureAck: Benchmark = {
  name: 'capture-ack',
  compares: 'p99 from POST to "captured" (one till, kept-alive connection) over p99 of a bare append + fdatasync on the same disk',
  run: async (progress) => {
    const dir = await mkdtemp(join(tmpdir(), 'tideline-bench-'))
    try {
      const { figures, recordBytes } = await measure(dir, progress)
      const each = (share: number, side: 'ours' | 'bare'): number => rounded(median(figures.map((round) => percentile(round[side], share))))
      const ratios = figures.map((round) => percentile(round.ours, 0.99) / percentile(round.bare, 0.99))
      return {
        name: 'capture-ack',
        ratio: rounded(median(ratios)),
        ceiling: 3,
        postP50Ms: each(0.5, 'ours'),
        postP99Ms: each(0.99, 'ours'),
        bareP50Ms: each(0.5, 'bare'),
        bareP99Ms: each(0.99, 'bare'),
        ratios: ratios.map(rounded),
        rounds,
        postsPerRound: blocksPerRound * postsPerBlock,
        recordBytes,
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await serve(process.argv[2] ?? '')
