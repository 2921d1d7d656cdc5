/** A store and a hub, each a real process in a network of its own, with nothing between them but a bad line. */
import type { ChildProcess } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'vitest'
import { z } from 'zod'
import { removeEmbeddedPostgres } from '#hub/storage/embedded-folder.ts'
import { must } from '#sync/contract/assert.ts'
import { modelDevice } from '../hub/model-device.ts'
import { type Enrolled, enrolledSchema } from './enrolled.ts'
import { type Line, openLine } from './line.ts'

const statusSchema = z.strictObject({ link: z.string(), ackedSeq: z.int(), sold: z.int() })
type Status = z.infer<typeof statusSchema>

interface World {
  line: Line
  device: Enrolled
  databaseUrl: string
  sell(count: number): void
  until(holds: (status: Status) => boolean): Promise<Status>
}

const hubPort = 7300
type Ends = (end: () => Promise<unknown>) => void

const endOf = (child: ChildProcess) => async (): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

const startHub = async (line: Line, dir: string, ends: Ends): Promise<{ databaseUrl: string }> => {
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
  ends(() => removeEmbeddedPostgres(join(dir, 'hub', 'database')))
  ends(endOf(child))
  const [ready] = (await once(createInterface(must(child.stdout, 'stdout')), 'line')) as [string]
  return z.object({ databaseUrl: z.string() }).parse(JSON.parse(ready))
}

/** What it opened is closed in the other order when the test has ended. */
const startWorld = async (seed: number, onTestFinished: TestContext['onTestFinished']): Promise<World> => {
  const open: (() => Promise<unknown>)[] = []
  onTestFinished(async () => {
    for (const end of open.reverse()) await end()
  })
  const ends: Ends = (end) => void open.push(end)
  const dir = await mkdtemp(join(tmpdir(), 'tideline-netem-'))
  ends(() => rm(dir, { recursive: true, force: true }))
  const line = await openLine(`tideline-${process.pid}-${seed}`, seed)
  ends(() => line.close())
  const { databaseUrl } = await startHub(line, dir, ends)
  const device = enrolledSchema.parse(
    JSON.parse(await line.hubSide.run(process.execPath, ['test/netem/hub-side.ts', 'enrol', databaseUrl])),
  )
  const hubUrl = `http://${line.hubSide.address}:${hubPort}`
  const store = line.storeSide.spawn(process.execPath, ['test/netem/store-process.ts', JSON.stringify({ hubUrl, device })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  ends(endOf(store))
  let status: Status = { link: 'starting', ackedSeq: 0, sold: 0 }
  const waiting = new Set<() => void>()
  createInterface(must(store.stdout, 'stdout')).on('line', (text) => {
    status = statusSchema.parse(JSON.parse(text))
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
  }
}

/** The hub's log is the journal: each sale once, in order, and counted. */
const logAndJournal = async ({ line, device, databaseUrl }: World, sold: number): Promise<{ log: unknown; journal: unknown }> => {
  const { deviceId, incarnation, storeId, key } = device
  const model = modelDevice({ deviceId, storeId, privateKey: createPrivateKey(key), incarnation })
  for (let number = 1; number <= sold; number += 1) model.sell(number)
  const log: unknown = JSON.parse(await line.hubSide.run(process.execPath, ['test/netem/hub-side.ts', 'log', databaseUrl]))
  return { log, journal: model.journal.map(({ seq, payloadHash }) => ({ seq, payloadHash, verdict: 'accepted' })) }
}

const isThrough =
  (count: number) =>
  ({ sold, ackedSeq }: Status): boolean =>
    sold === count && ackedSeq === count

// They mostly wait for their lines, each with a hub, a database and a store of its own.
describe.concurrent('a store on a bad line', () => {
  it('[TRN5] [TRN10] two seconds each way: every sale arrives once', async ({ expect, onTestFinished }) => {
    const world = await startWorld(1, onTestFinished)
    world.line.set({ delayMs: 2_000, loss: 0 })
    world.sell(1_000)
    await world.until(isThrough(1_000))
    world.sell(1)
    await world.until(isThrough(1_001))
    const { log, journal } = await logAndJournal(world, 1_001)
    expect(log).toEqual(journal)
  })

  it('[TRN5] [TRN10] one packet of five is lost: every sale arrives once', async ({ expect, onTestFinished }) => {
    const world = await startWorld(2, onTestFinished)
    world.line.set({ delayMs: 50, loss: 0.2 })
    world.sell(1_000)
    await world.until(isThrough(1_000))
    const { packets, lost } = world.line.carried()
    expect(lost / (packets + lost)).toBeGreaterThan(0.1)
    const { log, journal } = await logAndJournal(world, 1_000)
    expect(log).toEqual(journal)
  })

  it('[TRN2] [TRN5] [TRN13] 64 kbit/s: a thousand sales come through, none of them sent again and again', async ({
    expect,
    onTestFinished,
  }) => {
    const world = await startWorld(3, onTestFinished)
    world.line.set({ delayMs: 100, loss: 0, kilobitPerSecond: 64 })
    world.sell(1_000)
    await world.until(({ link }) => link === 'online')
    world.sell(1)
    await world.until(isThrough(1_001))
    const { log, journal } = await logAndJournal(world, 1_001)
    expect(log).toEqual(journal)
    expect(world.line.carried().bytes).toBeLessThan(1_001 * 500)
  })

  it('[TRN4] [TRN5] [TRN16] cut three times with batches under way: every sale arrives once', async ({ expect, onTestFinished }) => {
    const world = await startWorld(4, onTestFinished)
    world.line.set({ delayMs: 100, loss: 0, kilobitPerSecond: 64 })
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      await world.until(({ link }) => link === 'online')
      const { ackedSeq } = await world.until(() => true)
      world.sell(500)
      await world.until((status) => status.ackedSeq > ackedSeq)
      world.line.cut()
      const atCut = await world.until(({ link }) => link === 'offline')
      expect(atCut.ackedSeq).toBeLessThan(atCut.sold)
      world.line.mend()
    }
    await world.until(isThrough(1_500))
    const { log, journal } = await logAndJournal(world, 1_500)
    expect(log).toEqual(journal)
  })

  it('[TRN5] [TRN10] [TRN16] all of it at once, and away for a while: every sale arrives once', async ({ expect, onTestFinished }) => {
    const world = await startWorld(5, onTestFinished)
    world.line.set({ delayMs: 1_000, loss: 0.1, kilobitPerSecond: 64 })
    world.sell(100)
    await world.until(({ ackedSeq }) => ackedSeq > 0)
    world.line.cut()
    world.sell(100)
    await world.until(({ link }) => link === 'offline')
    world.line.mend()
    await world.until(isThrough(200))
    const { log, journal } = await logAndJournal(world, 200)
    expect(log).toEqual(journal)
  })
})
