/** A store and a hub, each a real process in a network of its own, with nothing between them but a bad line. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { must } from '#sync/contract/assert.ts'
import { modelDevice } from '../hub/model-device.ts'
import { type Enrolled, enrolledSchema } from './enrolled.ts'
import { type Line, openLine } from './line.ts'
import { createPrivateKey } from 'node:crypto'

const statusSchema = z.strictObject({ link: z.string(), ackedSeq: z.int(), sold: z.int() })
type Status = z.infer<typeof statusSchema>

interface World {
  line: Line
  device: Enrolled
  databaseUrl: string
  sell(count: number): void
  until(holds: (status: Status) => boolean): Promise<Status>
  /** Every link state, in order. */
  links(): readonly string[]
}

const hubPort = 7300
const open: (() => Promise<unknown>)[] = []
let worlds = 0
let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tideline-netem-'))
})
afterEach(async () => {
  for (const end of open.splice(0).reverse()) await end()
  await rm(dir, { recursive: true, force: true })
})

const endOf = (child: ChildProcess) => async (): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

const startHub = async (line: Line): Promise<{ databaseUrl: string }> => {
  const environment = {
    TIDELINE_HUB_HOST: '0.0.0.0',
    TIDELINE_HUB_PORT: String(hubPort),
    TIDELINE_HUB_DATA: join(dir, 'hub'),
    TIDELINE_LOG: 'error',
    TIDELINE_ERP: 'none',
    DATABASE_URL: '',
  }
  const child = line.hubSide.spawn(process.execPath, ['hub/server.ts', '--json-ready'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  open.push(() => removeEmbeddedPostgres(join(dir, 'hub', 'database')), endOf(child))
  const [ready] = (await once(createInterface(must(child.stdout, 'stdout')), 'line')) as [string]
  return z.object({ databaseUrl: z.string() }).parse(JSON.parse(ready))
}

const startWorld = async (seed: number): Promise<World> => {
  worlds += 1
  const line = await openLine(`tideline-${process.pid}-${worlds}`, seed)
  open.push(() => line.close())
  const { databaseUrl } = await startHub(line)
  const device = enrolledSchema.parse(
    JSON.parse(await line.hubSide.run(process.execPath, ['test/netem/hub-side.ts', 'enrol', databaseUrl])),
  )
  const hubUrl = `http://${line.hubSide.address}:${hubPort}`
  const store = line.storeSide.spawn(process.execPath, ['test/netem/store-process.ts', JSON.stringify({ hubUrl, device })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  open.push(endOf(store))
  let status: Status = { link: 'starting', ackedSeq: 0, sold: 0 }
  const links: string[] = []
  const waiting = new Set<() => void>()
  createInterface(must(store.stdout, 'stdout')).on('line', (text) => {
    status = statusSchema.parse(JSON.parse(text))
    if (links.at(-1) !== status.link) links.push(status.link)
    for (const look of waiting) look()
  })
  return {
    ...{ line, device, databaseUrl },
    sell: (count) => void store.stdin?.write(`${count}\n`),
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds(status)) return
          waiting.delete(look)
          resolve(status)
        }
        waiting.add(look)
        look()
      }),
    links: () => links,
  }
}

/** The hub's log is the journal: each sale once, in order, and counted. */
const expectWhole = async ({ line, device, databaseUrl }: World, sold: number): Promise<void> => {
  const { deviceId, incarnation, storeId, key } = device
  const model = modelDevice({ deviceId, storeId, privateKey: createPrivateKey(key), incarnation })
  for (let number = 1; number <= sold; number += 1) model.sell(number)
  const log: unknown = JSON.parse(await line.hubSide.run(process.execPath, ['test/netem/hub-side.ts', 'log', databaseUrl]))
  expect(log).toEqual(model.journal.map(({ seq, payloadHash }) => ({ seq, payloadHash, verdict: 'accepted' })))
}

const isThrough = ({ sold, ackedSeq }: Status): boolean => sold > 0 && ackedSeq === sold

describe('a store on a bad line', () => {
  it('[TRN5] [TRN10] two seconds each way: every sale arrives once', async () => {
    const world = await startWorld(1)
    world.line.set({ delayMs: Number(process.env.D ?? 2_000), loss: 0 })
    world.sell(1_000)
    await world.until(isThrough)
    world.sell(1)
    await world.until(({ sold, ackedSeq }) => ackedSeq === 1_001 && sold === 1_001)
    await expectWhole(world, 1_001)
  })

  it('[TRN5] [TRN10] one packet of five is lost: every sale arrives once', async () => {
    const world = await startWorld(2)
    world.line.set({ delayMs: 50, loss: 0.2 })
    world.sell(1_000)
    await world.until(isThrough)
    const { packets, lost } = world.line.carried()
    expect(lost / (packets + lost)).toBeGreaterThan(0.1)
    await expectWhole(world, 1_000)
  })

  it('[TRN5] [TRN2] 64 kbit/s: a sale made while a thousand wait is not lost, and nothing is sent again and again', async () => {
    const world = await startWorld(3)
    world.line.set({ delayMs: 100, loss: 0, kilobitPerSecond: 64 })
    world.sell(1_000)
    await world.until(({ link }) => link === 'online')
    world.sell(1)
    await world.until(({ sold, ackedSeq }) => sold === 1_001 && ackedSeq === 1_001)
    await expectWhole(world, 1_001)
  })

  it('[TRN4] [TRN5] cut ten times in the middle: every sale arrives once', async () => {
    const world = await startWorld(4)
    world.line.set({ delayMs: 100, loss: 0, kilobitPerSecond: 256 })
    let sold = 0
    for (let cuts = 0; cuts < 10; cuts += 1) {
      sold += 200
      world.sell(200)
      const before = world.line.carried().bytes
      await world.until(({ link }) => link === 'online')
      await carriedMore(world.line, before + 5_000)
      world.line.cut()
      world.line.mend()
    }
    await world.until(({ ackedSeq }) => ackedSeq === sold)
    await expectWhole(world, sold)
  })

  it('[TRN5] [TRN10] [TRN16] all of it at once, and away for a while: every sale arrives once', async () => {
    const world = await startWorld(5)
    world.line.set({ delayMs: 1_000, loss: 0.1, kilobitPerSecond: 64 })
    world.sell(300)
    await world.until(({ ackedSeq }) => ackedSeq > 0)
    world.line.cut()
    world.sell(300)
    await world.until(({ link }) => link === 'offline')
    world.line.mend()
    await world.until(({ ackedSeq }) => ackedSeq === 600)
    await expectWhole(world, 600)
  })
})

const carriedMore = async (line: Line, bytes: number): Promise<void> => {
  while (line.carried().bytes < bytes) await new Promise((resolve) => setImmediate(resolve))
}
