/** The keeper alone, on a disk that fails when told, with a clock that moves when told. */
import { describe, expect, it } from 'vitest'
import { must } from '#sync/contract/assert.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { identitySchema } from '#sync/contract/config.ts'
import { storeExceptionSchema } from '#sync/contract/store-exception.ts'
import { dayClosePayloadSchema, dayCloseStatementSchema } from '#sync/contract/day-close.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { silentLog } from '#main/agent-log.ts'
import { createCaptureState } from '#main/capture-state.ts'
import { type Keeper, startKeeper } from '#main/completeness/keeper.ts'
import { CannotWrite, type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { createDeviceKey } from '#test/fixtures/device-key.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { createManualClock } from '#test/shell/manual-clock.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const identity = identitySchema.parse({ deviceId, storeId: '9', storeName: 'Nine', currency: 'USD', timeZone: 'UTC' })
const graceMs = 900_000

const openRig = async (seed: number, segmentBytes = 16_000_000) => {
  const disk = createMemoryDisk(seededRandom(seed))
  const clock = createManualClock()
  const signer = createDeviceKey()
  const state = createCaptureState()
  const open = (): Promise<Journal> =>
    openJournal({ dir: '/j', deviceId, disk, segmentBytes, random: seededRandom(seed), lock: async () => async () => undefined })
  let journal = await open()
  let keeper: Keeper
  const start = async (): Promise<void> => {
    keeper = startKeeper({ journal, identity, signer, graceMs, clock, state, log: silentLog })
    await keeper.settled()
  }
  await start()
  const settle = async (byMs: number): Promise<void> => {
    await clock.advance(byMs)
    await keeper.settled()
  }
  return {
    disk,
    state,
    journal: () => journal,
    keeper: () => keeper,
    settle,
    record: async (...transactions: Transaction[]) => {
      await journal.appendAll(transactions.map((one) => ({ kind: 'transaction' as const, payloadText: JSON.stringify(one) })))
      await settle(200)
    },
    /** Whatever was not durable is gone. */
    crash: async () => {
      await keeper.close()
      disk.powerCut()
      await journal.close().catch(() => undefined)
      journal = await open()
      await start()
    },
    /** The agent was away while the disk lost the file with the journal's `nth` records. */
    loseSegment: async (nth: number) => {
      await keeper.close()
      await journal.close()
      await disk.remove(must(disk.paths.filter((path) => path.endsWith('.jsonl')).toSorted()[nth], 'segment'))
      journal = await open()
      await start()
    },
    told: async () =>
      (await journal.read(0, 1_000))
        .filter(({ kind }) => kind === 'exception')
        .map(({ payload }) => storeExceptionSchema.parse(JSON.parse(payload)))
        .map(({ exceptionId, state: now }) => `${now} ${exceptionId}`),
  }
}

describe('the keeper', () => {
  it('[CMP3] raises what is missing once the grace time is over, and not before', async () => {
    const rig = await openRig(1)
    await rig.record(saleOf(1), saleOf(3))
    await rig.settle(graceMs - 10_000)
    expect(await rig.told()).toEqual([])
    await rig.settle(20_000)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-01-31|2'])
    expect(rig.state.get()).toMatchObject({ exceptionCount: 1 })
    await rig.record(saleOf(2))
    await rig.settle(graceMs)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-01-31|2', 'resolved MISSING_NUMBER:34|2026-01-31|2'])
  })

  it('[CMP3] loses and repeats nothing over a full disk and power cuts', async () => {
    const rig = await openRig(2)
    await rig.record(saleOf(1), saleOf(3))
    rig.disk.fault = (operation) => (operation === 'write' ? 'ENOSPC' : null)
    await rig.settle(graceMs + 1_000)
    expect(await rig.told()).toEqual([])
    rig.disk.fault = () => null
    await rig.settle(6_000)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-01-31|2'])
    await rig.crash()
    await rig.settle(2 * graceMs)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-01-31|2'])
  })

  it('[CMP3] tells that a number arrived, though the disk was full when it did', async () => {
    const rig = await openRig(4)
    await rig.record(saleOf(1), saleOf(3))
    await rig.settle(graceMs + 1_000)
    await rig.journal().append('transaction', JSON.stringify(saleOf(2)))
    rig.disk.fault = (operation) => (operation === 'write' ? 'ENOSPC' : null)
    await rig.settle(1_000)
    rig.disk.fault = () => null
    await rig.settle(6_000)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-01-31|2', 'resolved MISSING_NUMBER:34|2026-01-31|2'])
  })

  it('[CMP3] shows what changed within half a second, and not more often', async () => {
    const rig = await openRig(5)
    let shown = 0
    rig.state.onChanged(() => (shown += 1))
    const seenTo = (): unknown => rig.state.get().days[0]?.workstations[0]?.ledger.last
    for (let n = 1; n <= 20; n += 1) {
      await rig.journal().append('transaction', JSON.stringify(saleOf(n)))
      await rig.settle(100)
    }
    expect(shown).toBeLessThanOrEqual(5)
    await rig.settle(500)
    const afterAll = shown
    expect(seenTo()).toBe(20)
    await rig.settle(10_000)
    expect(shown).toBe(afterAll)
  })

  it('[CMP3] days that arrive late belong to their own ledger', async () => {
    const rig = await openRig(3)
    const sunday = { businessDay: '2026-02-01' }
    await rig.record(saleOf(1), saleOf(2), saleOf(6, sunday))
    await rig.settle(graceMs + 1_000)
    expect((await rig.told()).sort()).toEqual(['3', '4', '5'].map((n) => `open MISSING_NUMBER:34|2026-01-31|${n}`))
    await rig.record(saleOf(5, sunday), saleOf(4), saleOf(3))
    await rig.settle(1_000)
    expect(rig.state.get().exceptionCount).toBe(0)
    expect(rig.state.get().days.map((day) => day.workstations[0]?.ledger.missing)).toEqual([[], []])
  })

  it('[CMP3] [CMP5] [JNL5] goes on when a renewal renumbers what pruning left', async () => {
    const rig = await openRig(7, 4_000)
    await rig.record(...Array.from({ length: 40 }, (_, n) => saleOf(n + 1)))
    const nextDay = { businessDay: '2026-02-01' }
    await rig.record(...Array.from({ length: 10 }, (_, n) => saleOf(n + 1, nextDay)))
    const journal = rig.journal()
    journal.acknowledge(journal.incarnation, 40)
    await journal.prune({ today: '2026-03-01', days: 1, maxBytes: 1e9, isUrgent: true })
    expect(await journal.renew(journal.incarnation, 'the disk was restored')).toMatchObject({ outcome: 'begun' })
    expect(journal.renumbered).toBeGreaterThan(20)
    await rig.record(saleOf(12, nextDay))
    await rig.settle(graceMs + 10_000)
    expect(await rig.told()).toEqual(['open MISSING_NUMBER:34|2026-02-01|11'])
    const day = saleOf(1, nextDay).businessDay
    expect(await rig.keeper().closeDay(day, new Map())).toMatchObject({ outcome: 'closed' })
    expect(rig.keeper().day(day)).toMatchObject({ workstations: [{ ledger: { seen: 11 } }] })
  })

  it('[JNL1] [JNL2] tells that what was lost is back, however long the disk takes to note it', async () => {
    const rig = await openRig(8, 4_000)
    for (let n = 1; n <= 20; n += 1) await rig.record(saleOf(n))
    const before = await rig.journal().read(0, 100)
    await rig.loseSegment(1)
    await rig.settle(1_000)
    const [range] = rig.journal().missing()
    const id = `JOURNAL_DAMAGED:${range?.incarnation}:${range?.fromSeq}-${range?.toSeq}`
    expect(await rig.told()).toEqual([`open ${id}`])
    const { rename } = rig.disk
    let goOn: () => void = () => undefined
    const isHeld = new Promise<void>((resolve) => (goOn = resolve))
    rig.disk.rename = async (from, to) => {
      await isHeld
      await rename(from, to)
    }
    const restoring = rig.journal().restore(before.filter(({ seq }) => range && seq >= range.fromSeq && seq <= range.toSeq))
    for (let look = 1; look <= 3; look += 1) await rig.settle(1_000)
    goOn()
    expect(await restoring).toMatchObject({ refused: 0 })
    await rig.settle(1_000)
    expect(await rig.told()).toEqual([`open ${id}`, `resolved ${id}`])
  })

  it('[CMP4] a close that a crash left behind is made up for', async () => {
    const rig = await openRig(4)
    rig.disk.fault = () => null
    const z = saleOf(2, { kind: 'day-close', tillTotals: { transactionCount: 2 }, lineItems: [], tenders: [], taxes: [] })
    await rig.journal().appendAll([saleOf(1), z].map((one) => ({ kind: 'transaction' as const, payloadText: JSON.stringify(one) })))
    await rig.crash()
    await rig.settle(1_000)
    expect(await rig.told()).toEqual(['open DAY_CLOSE_DIFFERS:34|2026-01-31'])
    await rig.crash()
    await rig.settle(graceMs)
    const kinds = (await rig.journal().read(0, 100)).map(({ kind }) => kind)
    expect(kinds).toEqual(['transaction', 'transaction', 'day-close', 'exception'])
  })

  it('[CMP3] a damaged journal is told once', async () => {
    const rig = await openRig(5)
    await rig.record(saleOf(1), saleOf(2), saleOf(3))
    const segment = rig.disk.paths.find((path) => path.endsWith('.jsonl')) ?? ''
    rig.disk.corrupt(segment, 900)
    await rig.crash()
    await rig.settle(1_000)
    const damage = async () => (await rig.told()).filter((one) => one.includes('JOURNAL_DAMAGED'))
    expect(await damage()).toHaveLength(1)
    await rig.crash()
    await rig.settle(1_000)
    expect(await damage()).toHaveLength(1)
  })
})

describe('a record made of the head', () => {
  it('[CMP5] follows exactly the head that it was made of, among other appends', async () => {
    const rig = await openRig(6)
    const others = Array.from({ length: 20 }, (_, n) => rig.journal().append('transaction', JSON.stringify(saleOf(n))))
    const made = rig.journal().appendFrom(async ({ seq, hash }) => ({ kind: 'exception', payloadText: JSON.stringify({ seq, hash }) }))
    others.push(...Array.from({ length: 20 }, (_, n) => rig.journal().append('transaction', JSON.stringify(saleOf(n + 20)))))
    await Promise.all(others)
    const { seq, previousHash, payload } = await made
    expect(JSON.parse(payload)).toEqual({ seq: seq - 1, hash: previousHash })
  })
  it('[CMP5] is not made when it cannot be built or written, and others go on', async () => {
    const rig = await openRig(7)
    await expect(rig.journal().appendFrom(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    rig.disk.fault = (operation) => (operation === 'sync' ? 'EIO' : null)
    const build = async () => ({ kind: 'exception' as const, payloadText: '{}' })
    await expect(rig.journal().appendFrom(build)).rejects.toBeInstanceOf(CannotWrite)
    rig.disk.fault = () => null
    expect((await rig.journal().append('transaction', JSON.stringify(saleOf(1)))).seq).toBe(1)
    await rig.journal().close()
    await expect(rig.journal().appendFrom(build)).rejects.toBeInstanceOf(CannotWrite)
  })
  it('[CMP5] a day’s close bears a statement of the contract', async () => {
    const rig = await openRig(8)
    await rig.record(saleOf(1))
    const closed = await rig.keeper().closeDay(saleOf(1).businessDay, new Map())
    const record = closed.outcome === 'closed' ? closed.record : expect.fail('not closed')
    const { statement } = dayClosePayloadSchema.parse(JSON.parse(record.payload))
    expect(dayCloseStatementSchema.parse(JSON.parse(statement)).chain).toMatchObject({
      firstSeq: 1,
      headSeq: 1,
      headHash: record.previousHash,
    })
  })
})
