/** The posting worker against the reference ERP as a process of its own: killed, slow, rate-limiting, faulty, away and back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openReferenceAdmin, type ReferenceAdmin } from '#demo/reference-erp/admin.ts'
import type { ReferenceErpOptions } from '#demo/reference-erp/reference-erp.ts'
import { type ReferenceErpProcess, spawnReferenceErp } from '#demo/reference-erp/process.ts'
import { readFeed } from '#hub/catalogue/feed.ts'
import { createReferenceConnector } from '#hub/posting/connectors/reference/connector.ts'
import { retryHeld, takeDue } from '#hub/posting/queue.ts'
import { startPostingWorker } from '#hub/posting/worker.ts'
import { createPostingsProjection } from '#hub/merge/postings.ts'
import type { LogRecord } from '#hub/merge/log-record.ts'
import { startListener } from '#hub/storage/listener.ts'
import { canonicalText, naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import { type PostingDatabase, silent, startPostingDatabase, until } from './posting-database.ts'
import { receipt } from './receipts.ts'

const logRecord = (transaction: Transaction, seq: number): LogRecord => ({
  device_id: 'dev-aaaaaaaaaaaa',
  incarnation: 'abcdefghijkl',
  seq,
  store_id: transaction.storeId,
  kind: 'transaction',
  verdict: 'accepted',
  reason: null,
  natural_key: naturalKeyOf(transaction),
  captured_at: '2026-01-31T10:00:01.000Z',
  payload: canonicalText(transaction),
  payload_hash: '',
  previous_hash: '',
})

describe('posting worker', () => {
  let database: PostingDatabase
  let dataDir: string
  let erp: ReferenceErpProcess
  let admin: ReferenceAdmin
  let number = 0
  const workers: { stop(): Promise<void> }[] = []

  const startErp = async (options: Partial<ReferenceErpOptions> = {}): Promise<void> => {
    erp = await spawnReferenceErp({ dataDir, ...options })
    admin = openReferenceAdmin(erp)
  }
  const work = (more: Partial<Parameters<typeof startPostingWorker>[0]> = {}): void => {
    const connector = createReferenceConnector(erp, { timeoutMs: 2_000 })
    workers.push(
      startPostingWorker({
        db: database.db,
        connector,
        log: silent,
        pollMs: 20,
        policy: { retryBaseMs: 50, retryCapMs: 500, inDoubtMs: 100 },
        ...more,
      }),
    )
  }
  const stopWorkers = async (): Promise<void> => void (await Promise.all(workers.splice(0).map((worker) => worker.stop())))
  const sales = (count: number): Transaction[] =>
    Array.from({ length: count }, () =>
      receipt(
        [
          { itemId: 'SKU-001', quantityMilli: 1_000, unitPriceMinor: 645 },
          { itemId: 'PLU-4011', quantityMilli: 100 + number, unitPriceMinor: 195 },
        ],
        { number: ++number },
      ),
    )
  const states = async (): Promise<Record<string, number>> => {
    const rows = await database.db
      .selectFrom('posting')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute()
    return Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]))
  }
  const expectEachOnce = async (transactions: readonly Transaction[]): Promise<void> => {
    const booked = (await admin.documents()).map(({ reference, complete, totalMinor }) => ({ reference, complete, totalMinor }))
    const expected = transactions.map((t) => ({ reference: naturalKeyOf(t) as string, complete: true, totalMinor: t.totals.grandMinor }))
    const byReference = (a: { reference: string }, b: { reference: string }) => (a.reference < b.reference ? -1 : 1)
    expect(booked.sort(byReference)).toEqual(expected.sort(byReference))
  }
  const allPosted = (count: number, timeoutMs?: number) => until(states, (found) => found['posted'] === count, timeoutMs)

  beforeAll(async () => {
    database = await startPostingDatabase()
    await database.createStore('S042')
  })
  afterAll(() => database?.stop())
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tideline-worker-'))
    await database.db.deleteFrom('posting').execute()
    await database.db.deleteFrom('exception').execute()
    await database.db.deleteFrom('feed_entry').execute()
    await startErp()
  })
  afterEach(async () => {
    await stopWorkers()
    await erp.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('[HUB5] posts what waits, and tells the store in the same commit', async () => {
    const made = sales(20)
    await database.queue('reference', made)
    work()
    await allPosted(20)
    await expectEachOnce(made)
    const told = await readFeed(database.db, 'postings', 'S042', 0, 100)
    expect(told.map((entry) => entry.id).sort()).toEqual(made.map(naturalKeyOf).sort())
    expect(told[0]?.document).toMatchObject({ state: 'posted', erpReference: expect.stringMatching(/^R\d{6}$/) })
  })

  it('[HUB5] [HUB6] each once through faults before and after the commit, slowness and a rate limit', async () => {
    await admin.setTemper({ faultRate: 0.25, latencyMs: 20, ratePerSecond: 60 })
    const made = sales(40)
    await database.queue('reference', made)
    work()
    work()
    await allPosted(40)
    await admin.setTemper({ faultRate: 0 })
    await expectEachOnce(made)
  })

  it('[HUB5] [HUB6] each once when the ERP is killed in the middle and comes back with its books', async () => {
    await admin.setTemper({ latencyMs: 40 })
    const made = sales(40)
    await database.queue('reference', made)
    work()
    for (const reached of [5, 15, 25]) {
      await until(states, (found) => (found['posted'] ?? 0) >= reached)
      const port = Number(new URL(erp.url).port)
      await erp.kill()
      await startErp({ port, latencyMs: 40 })
    }
    await allPosted(40)
    await expectEachOnce(made)
  })

  it('[HUB10] waits for an ERP that is away, asking with one ping instead of every posting, and drains it when back', async () => {
    const port = Number(new URL(erp.url).port)
    await erp.stop()
    const made = sales(30)
    await database.queue('reference', made)
    const connector = createReferenceConnector(erp)
    let pings = 0
    const counted = { ...connector, ping: () => (pings++, connector.ping()) }
    work({ concurrency: 2, connector: counted })
    await until(
      async () => pings,
      (count) => count >= 3,
    )
    const { attempts } = await database.db
      .selectFrom('posting')
      .select(({ fn }) => fn.sum<number>('attempts').as('attempts'))
      .executeTakeFirstOrThrow()
    expect(Number(attempts)).toBeLessThan(12)
    await startErp({ port })
    await allPosted(30)
    await expectEachOnce(made)
  })
  it('[HUB7] [HUB10] holds what the ERP refuses, with an exception for a person, while others go on; a retry posts it', async () => {
    await admin.closeThrough('2024-12-31')
    const [closed, ...others] = [
      receipt([{ itemId: 'SKU-001', quantityMilli: 1_000, unitPriceMinor: 645 }], { number: ++number, day: '2024-12-31' }),
      ...sales(5),
    ]
    if (!closed) throw new Error('no receipt')
    await database.queue('reference', [closed, ...others])
    work()
    await until(states, (found) => found['posted'] === 5 && found['held'] === 1)
    const exceptions = await database.db.selectFrom('exception').selectAll().execute()
    expect(exceptions).toMatchObject([
      { kind: 'POSTING_REJECTED', owner: 'hub', state: 'open', store_id: 'S042', natural_key: naturalKeyOf(closed), amount_minor: 645 },
    ])
    expect(exceptions[0]?.message).toContain('closed through 2024-12-31')
    const told = (await readFeed(database.db, 'postings', 'S042', 0, 100)).find((entry) => entry.id === naturalKeyOf(closed))
    expect(told?.document).toMatchObject({ state: 'held', reason: expect.stringContaining('closed') })

    await admin.closeThrough(null)
    expect(await retryHeld(database.db, naturalKeyOf(closed))).toBe('queued')
    await allPosted(6)
    expect(await database.db.selectFrom('exception').select(['state']).execute()).toEqual([{ state: 'resolved' }])
    await expectEachOnce([closed, ...others])
    expect(await retryHeld(database.db, naturalKeyOf(closed))).toBe('not-held')
    expect(await retryHeld(database.db, 'none')).toBe('unknown')
  })

  it('[HUB4] holds a posting whose total in the ERP differs', async () => {
    const [made] = sales(1)
    if (!made) throw new Error('no receipt')
    await database.queue('reference', [made])
    await database.db
      .updateTable('posting')
      .set({ amount_minor: made.totals.grandMinor + 1 })
      .execute()
    work()
    await until(states, (found) => found['held'] === 1)
    expect(await database.db.selectFrom('exception').select(['kind']).execute()).toEqual([{ kind: 'POSTING_TOTAL_DIFFERS' }])
  })

  it('[HUB6] a dead worker’s posting comes back when its lease ends and is looked up twice before it is sent', async () => {
    const made = sales(3)
    await database.queue('reference', made)
    const lost = await takeDue(database.db, 'reference', 3, 300)
    expect(lost).toHaveLength(3)
    expect(lost.every((posting) => !posting.abandoned)).toBe(true)
    work()
    await allPosted(3)
    await expectEachOnce(made)
    const attempts = await database.db.selectFrom('posting').select('attempts').execute()
    // Taken by the dead one, an empty look-up, and the one that posted.
    expect(attempts.map((row) => row.attempts)).toEqual([3, 3, 3])
  })

  it('[HUB5] a new posting wakes a worker that hardly polls, and one that failed for a while is tried again on time', async () => {
    const heard = new Set<string>()
    const listen = (channel: string, onNotify: () => void) =>
      startListener({ url: database.url, log: silent, channels: { [channel]: onNotify }, onListening: () => heard.add(channel) })
    const pollMs = 3_600_000
    work({ pollMs, listen })
    await until(
      async () => heard.size,
      (count) => count === 1,
    )
    const made = sales(12)
    const rows = made.map((transaction, index) => logRecord(transaction, index + 1))
    const apply = (some: typeof rows) => database.db.transaction().execute((trx) => createPostingsProjection('reference').apply(trx, some))
    await apply(rows.slice(0, 1))
    await allPosted(1)
    await admin.setTemper({ faultRate: 0.2 })
    await apply(rows.slice(1))
    await allPosted(12)
    await admin.setTemper({ faultRate: 0 })
    await expectEachOnce(made)
  })

  it('[HUB5] several workers never take the same row', async () => {
    const made = sales(60)
    await database.queue('reference', made)
    const taken = await Promise.all(Array.from({ length: 6 }, () => takeDue(database.db, 'reference', 20, 60_000)))
    const keys = taken.flat().map((posting) => posting.key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.length).toBe(60)
  })
})
