import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { agentConfigSchema, identitySchema } from '#sync/contract/config.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { silentLog } from './agent-log.ts'
import { JournalInUse } from './journal/lock.ts'
import { type StoreAgent, startStoreAgent } from './store-agent.ts'

const identity = identitySchema.parse({ deviceId: 'dev-aaaaaaaaaaaa', storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' })
/** No engine answers: the local database is gone. */
const items = { lookup: () => Promise.reject(new Error('no engine')) }

describe('store agent', () => {
  let dataDir: string
  let agent: StoreAgent
  const start = (more: Record<string, unknown> = {}): Promise<StoreAgent> => {
    const config = agentConfigSchema.parse({
      dataDir,
      hubUrl: 'http://127.0.0.1:1',
      http: { port: 0 },
      watch: { dir: join(dataDir, 'in'), settleMs: 10 },
      disk: { reserveBytes: 100_000 },
      ...more,
    })
    return startStoreAgent({ config, identity, httpToken: 'token', items, signer: createDeviceKey(), log: silentLog })
  }
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-agent-'))
    agent = await start()
  })
  afterEach(async () => {
    await agent.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  const post = async (content: unknown): Promise<number> => {
    const body = typeof content === 'string' ? content : JSON.stringify(content)
    return (
      await fetch(`http://127.0.0.1:${agent.httpPort}/v1/transactions`, {
        method: 'POST',
        body,
        headers: { authorization: 'Bearer token' },
      })
    ).status
  }

  it('[CAP12] captures over HTTP and from the folder with hub, engine and local database absent', async () => {
    expect(await post(saleOf(1))).toBe(201)
    await writeFile(join(dataDir, 'in', 'day.xml'), poslogDocument([saleOf(1), saleOf(2)]))
    await vi.waitFor(async () => expect(await readdir(join(dataDir, 'in', 'done'))).toEqual(['day.xml']), { timeout: 5_000, interval: 10 })
    expect((await agent.journal.read(0, 10)).map((r) => r.seq)).toEqual([1, 2])
  })

  it('[CAP8] goes on after a stop with what it answered, on a real disk with a torn tail', async () => {
    for (const n of [1, 2, 3]) await post(saleOf(n))
    const before = await agent.journal.head()
    await agent.close()
    const [segment] = (await readdir(join(dataDir, 'journal'))).filter((name) => name.endsWith('.jsonl'))
    await appendFile(join(dataDir, 'journal', segment ?? ''), 'half a rec')
    agent = await start()
    expect(agent.journal.recovery).toEqual({ kind: 'torn-tail', bytes: 10 })
    expect(await agent.journal.head()).toEqual(before)
    expect(await post(saleOf(3))).toBe(200)
    expect(await post(saleOf(4))).toBe(201)
    expect((await agent.journal.read(0, 10)).map((r) => r.seq)).toEqual([1, 2, 3, 4])
  })

  it('[CAP26] a start remembers what was told of two sources, from the one reading of the journal', async () => {
    const [first, second] = [saleOf(1), saleOf(2)]
    await agent.close()
    agent = await start({ crossCheck: true })
    expect(await post(first)).toBe(201)
    const dropped = poslogDocument([{ ...first, totals: { ...first.totals, grandMinor: 999 } }, second])
    const taken = (name: string) =>
      vi.waitFor(async () => expect(await readdir(join(dataDir, 'in', 'rejected'))).toContain(name), { timeout: 5_000, interval: 10 })
    await writeFile(join(dataDir, 'in', 'a.xml'), dropped)
    await taken('a.xml')
    const kinds = async (): Promise<string[]> => (await agent.journal.read(0, 10)).map(({ kind }) => kind)
    const before = await kinds()
    expect([...before].sort()).toEqual(['conflict', 'exception', 'transaction', 'transaction'])
    await agent.close()
    agent = await start({ crossCheck: true })
    await writeFile(join(dataDir, 'in', 'b.xml'), dropped)
    await taken('b.xml')
    expect(await post(first)).toBe(200)
    expect(await kinds()).toEqual(before)
  })

  it('[CAP3] a second agent on the same data is refused and disturbs nothing', async () => {
    await expect(start()).rejects.toBeInstanceOf(JournalInUse)
    expect(await post(saleOf(1))).toBe(201)
  })

  it('[CAP3] goes on when the clock of the computer is set back, again and again', async () => {
    let nowMs = Date.now()
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (nowMs -= 3_600_000))
    try {
      expect([await post(saleOf(1)), await post(saleOf(2))]).toEqual([201, 201])
      await writeFile(join(dataDir, 'in', 'day.xml'), poslogDocument([saleOf(3)]))
      await vi.waitFor(async () => expect(await readdir(join(dataDir, 'in', 'done'))).toEqual(['day.xml']), {
        timeout: 5_000,
        interval: 10,
      })
    } finally {
      clock.mockRestore()
    }
    expect((await agent.journal.read(0, 10)).map((r) => r.seq)).toEqual([1, 2, 3])
  })

  it('finishes what is under way when it closes', async () => {
    const posts = Array.from({ length: 20 }, (_, n) => post(saleOf(n)).catch(() => 0))
    await vi.waitFor(async () => expect((await agent.journal.head()).seq).toBeGreaterThan(0), { interval: 1 })
    await agent.close()
    const captured = (await Promise.all(posts)).filter((status) => status === 201).length
    agent = await start()
    expect((await agent.journal.head()).seq).toBeGreaterThanOrEqual(captured)
    expect(captured).toBeGreaterThan(0)
  })
})
