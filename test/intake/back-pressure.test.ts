import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '#main/agent-log.ts'
import { type Capture, openCapture } from '#main/capture.ts'
import { createCaptureState } from '#main/capture-state.ts'
import { createAdmission } from '#main/intake/admission.ts'
import { openFileProgress } from '#main/intake/file-progress.ts'
import { startFolderIntake } from '#main/intake/folder.ts'
import { type HttpIntake, startHttpIntake } from '#main/intake/http.ts'
import { createRouter } from '#main/intake/routes.ts'
import { tillRoutes } from '#main/intake/till-routes.ts'
import { type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { openQuarantine } from '#main/quarantine.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { noBooks, noDocuments } from '#test/fixtures/no-books.ts'
import { type SlowDisk, slowDisk } from './slow-disk.ts'

const bounds = { requests: 10, bodyBytes: 20_000 }

describe('a flood on a slow disk', () => {
  let disk: SlowDisk
  let journal: Journal
  let capture: Capture
  let intake: HttpIntake

  beforeEach(async () => {
    disk = slowDisk(createMemoryDisk(seededRandom(1)))
    const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
    journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
    const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }
    capture = await openCapture({ journal, quarantine: await openQuarantine('/q', disk), identity })
    const health = async () => ({
      store: identity.storeId,
      deviceId,
      writable: journal.writable(),
      journal: await journal.head(),
      lastCapturedAt: null,
      disk: { state: 'roomy' as const },
    })
    const parts = { maxBodyBytes: 50_000, log: silentLog }
    const router = createRouter(
      tillRoutes({ capture, items: { lookup: async () => null }, health, books: noBooks, ...noDocuments, ...parts }),
    )
    intake = await startHttpIntake({ host: '127.0.0.1', port: 0, token: 't', router, admission: createAdmission(bounds), ...parts })
  })
  afterEach(async () => {
    disk.letGo()
    await intake.close()
    await journal.close()
  })

  const post = async (content: unknown, stream = false): Promise<{ status: number; retryAfter: string | null }> => {
    const body = JSON.stringify(content)
    const answer = await fetch(`http://127.0.0.1:${intake.port}/v1/transactions`, {
      method: 'POST',
      body: stream ? new Blob([body]).stream() : body,
      headers: { authorization: 'Bearer t' },
      duplex: 'half',
    } as RequestInit)
    await answer.text()
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
  }
  const captured = async (): Promise<number[]> =>
    (await journal.read(0, 10_000)).map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)
  const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

  it('[CAP1] [CAP24] so many requests wait for it, the others are told to come again, and what was answered is in the journal', async () => {
    disk.hold()
    const statuses = new Map<number, number>()
    const posts = Array.from({ length: 60 }, async (_, n) => {
      const { status, retryAfter } = await post(saleOf(n))
      statuses.set(n, status)
      if (status === 503) expect(retryAfter).toBe('1')
    })
    await vi.waitFor(() => expect(statuses.size).toBe(60 - bounds.requests), { timeout: 10_000, interval: 5 })
    expect([...statuses.values()].every((status) => status === 503)).toBe(true)
    disk.letGo()
    await Promise.all(posts)
    const taken = [...statuses].filter(([, status]) => status === 201).map(([n]) => n)
    expect(taken).toHaveLength(bounds.requests)
    expect(ascending(await captured())).toEqual(ascending(taken))
    const refused = [...statuses].filter(([, status]) => status === 503).map(([n]) => n)
    for (const n of refused.slice(0, 5)) expect((await post(saleOf(n))).status).toBe(201)
  })

  it.each([false, true])('[CAP24] bodies are bounded all together, announced or not (streamed: %s)', async (stream) => {
    const big = (n: number): Transaction[] => Array.from({ length: 10 }, (_, k) => saleOf(n * 10 + k))
    expect(JSON.stringify(big(1)).length * 4).toBeGreaterThan(bounds.bodyBytes)
    disk.hold()
    const statuses: number[] = []
    const posts = [1, 2, 3, 4, 5, 6].map(async (n) => statuses.push((await post(big(n), stream)).status))
    await vi.waitFor(() => expect(statuses.length).toBeGreaterThanOrEqual(2), { timeout: 10_000, interval: 5 })
    expect(statuses.every((status) => status === 503)).toBe(true)
    disk.letGo()
    await Promise.all(posts)
    expect(statuses.filter((status) => status === 207).length * 10).toBe((await captured()).length)
    expect((await post(big(1), stream)).status).toBe(207)
  })

  it('[CAP24] of a file only one group waits, however large it is', async () => {
    const root = await mkdtemp(join(tmpdir(), 'tideline-slow-'))
    const dir = join(root, 'in')
    await mkdir(dir)
    let asked = 0
    const counting: Capture = {
      ...capture,
      takeItems: (items, origin) => {
        asked += items.length
        return capture.takeItems(items, origin)
      },
    }
    const folder = await startFolderIntake({
      ...{
        dir,
        settleMs: 0,
        maxFileBytes: 100_000_000,
        smallFileBytes: 1_000,
        capture: counting,
        state: createCaptureState(),
        log: silentLog,
      },
      progress: await openFileProgress(join(root, 'progress'), Date.now(), journal),
      journalSeq: async () => (await journal.head()).seq,
      beforeLeaving: async () => undefined,
      clock: { nowMs: () => 0, after: () => () => undefined },
    })
    disk.hold()
    await writeFile(join(dir, 'day.xml'), poslogDocument(Array.from({ length: 2_000 }, (_, n) => saleOf(n))))
    await vi.waitFor(
      () => {
        void folder.sweep()
        expect(disk.waiting).toBe(1)
      },
      { timeout: 10_000, interval: 5 },
    )
    expect(asked).toBe(250)
    disk.letGo()
    await vi.waitFor(async () => expect(await captured()).toHaveLength(2_000), { timeout: 10_000, interval: 20 })
    await folder.close()
    await rm(root, { recursive: true, force: true })
  })
})
