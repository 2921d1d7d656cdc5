/** A journal that gave up old acknowledged records: what the engine tells it, rebuilds from it, sends of it, and prunes after it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryJournal, quarantineText } from './records.ts'
import { StoreRig } from './store-rig.ts'

const sequence = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

let rig: StoreRig

/** An hour's sweep of the local database is due, and through. */
const sweep = async (): Promise<void> => {
  const swept = () => rig.logged.filter((line) => line.startsWith('info: old records left')).length
  const before = swept()
  await rig.clock.advance(3_600_000)
  await rig.clock.until(() => swept() > before, 'a sweep')
}
const keptSeqs = (incarnation: string = rig.journal.incarnation): Promise<number[]> =>
  rig.withStore(async (store) => (await store.records.oldest(incarnation, 5_000)).map((doc) => doc.record.seq))

beforeEach(() => {
  rig = new StoreRig()
})
afterEach(() => rig.engine.close())

describe('a pruned journal', () => {
  it('[JNL5] is told the watermark at the start and after it moved, not more than once a second, and never one not stored', async () => {
    rig.journal.appendSales(3_000)
    await rig.start()
    await rig.untilAcked()
    await rig.clock.until(() => rig.keeper.told.at(-1)?.ackedSeq === 3_000)
    expect(rig.keeper.told[0]).toEqual({ incarnation: rig.journal.incarnation, ackedSeq: 0 })
    const told = rig.keeper.told.length
    expect(told).toBeLessThan(5)
    for (let i = 0; i < 20; i++) {
      rig.journal.appendSales(1)
      await rig.untilAcked()
    }
    await rig.clock.until(() => rig.keeper.told.at(-1)?.ackedSeq === 3_020)
    expect(rig.keeper.told.length - told).toBeLessThan(4)
    await rig.restart()
    await rig.clock.until(() => rig.keeper.told.length > told + 1 && rig.keeper.told.at(-1)?.ackedSeq === 3_020)
  })

  it('[JNL5] [CAP2] a wiped local database is filled with what is left, and only that is sent', async () => {
    rig.hub.batchFaults.push('half')
    rig.journal.appendSales(900)
    await rig.start()
    await rig.untilAcked(900)
    rig.journal.prunedSeq = 600
    rig.hub.up = false
    await rig.restart({ wiped: true })
    rig.journal.append(quarantineText('drop/a.xml'), 'quarantine')
    rig.journal.appendSales(99)
    const offline = await rig.untilView((v) => v.counts.captured === 399)
    expect(offline).toMatchObject({ counts: { atHub: 0, quarantined: 1 }, pending: { count: 400 } })
    expect(rig.keeper.told.at(-1)?.ackedSeq).toBe(600)
    rig.hub.up = true
    await rig.untilAcked(1_000)
    expect(rig.hubSeqs()).toEqual(sequence(1, 1_000))
    await rig.untilView((v) => v.counts.atHub === 399 && v.pending.count === 0)
    await rig.engine.close()
    expect(await keptSeqs()).toEqual(sequence(601, 1_000))
  })

  it('[JNL5] one that keeps nothing at all goes on with the next sale', async () => {
    rig.journal.appendSales(50)
    await rig.start()
    await rig.untilAcked(50)
    rig.journal.prunedSeq = 50
    await rig.restart({ wiped: true })
    expect(rig.engine.status()).toMatchObject({ headSeq: 50, ackedSeq: 50 })
    rig.journal.appendSales(1)
    await rig.untilAcked(51)
    expect(rig.hub.log.at(-1)?.seq).toBe(51)
    await rig.restart()
    expect(rig.reincarnations).toEqual([])
  })

  it('[JNL5] a copy that ends before the kept records goes on behind the gap, and is no other history', async () => {
    rig.journal.appendSales(100)
    await rig.start()
    await rig.untilAcked(100)
    await rig.engine.close()
    rig.journal.appendSales(200)
    for (const record of rig.journal.records.slice(100, 250)) rig.hub.log.push(record)
    rig.journal.prunedSeq = 250
    await rig.start()
    await rig.untilAcked(300)
    expect(rig.reincarnations).toEqual([])
    expect(rig.hubSeqs()).toEqual(sequence(1, 300))
    expect(await rig.untilView((v) => v.pending.count === 0)).toMatchObject({ link: { state: 'online' } })
  })

  it('[JNL5] one pruned while it is being copied is taken up behind the gap', async () => {
    rig.journal.appendSales(6_000)
    rig.hub.log.push(...rig.journal.records.slice(0, 5_000))
    const read = rig.journal.read.bind(rig.journal)
    rig.journal.read = (afterSeq, limit) => {
      if (afterSeq === 2_000) rig.journal.prunedSeq = 4_500
      return read(afterSeq, limit)
    }
    await rig.start()
    await rig.untilAcked(6_000)
    expect(rig.hubSeqs()).toEqual(sequence(1, 6_000))
    await rig.engine.close()
    expect(await keptSeqs()).toEqual([...sequence(1, 2_000), ...sequence(4_501, 6_000)])
  })

  it('[CAP2] a journal with a hole that pruning does not explain is not copied across it', async () => {
    rig.journal.appendSales(100)
    const read = rig.journal.read.bind(rig.journal)
    rig.journal.read = async (afterSeq, limit) => (await read(afterSeq, limit)).filter((r) => r.seq <= 20 || r.seq > 30)
    await rig.start()
    await rig.clock.until(() => rig.logged.includes('error: the journal could not be copied; trying again'))
    expect(rig.engine.status().headSeq).toBe(0)
  })

  it('[JNL5] [CAP13] a hub that lost more than the journal keeps is refused, and a new life is asked for', async () => {
    rig.journal.appendSales(100)
    await rig.start()
    await rig.untilAcked(100)
    rig.journal.prunedSeq = 80
    rig.hub.restoreTo(40, 'epoch0000002')
    await rig.restart()
    await rig.clock.until(() => rig.reincarnations.length === 1)
    expect(rig.engine.status().link).toMatchObject({ state: 'refused', code: 'JOURNAL_BEHIND' })
    expect(rig.reincarnations[0]).toContain('The hub holds this journal up to 40')
  })

  it('[JNL5] what the journal pruned leaves the local database with its verdicts, and the window counts what is kept', async () => {
    rig.journal.append(quarantineText('drop/a.xml'), 'quarantine')
    rig.journal.appendSales(1_399)
    for (const seq of [7, 1_100, 1_350]) rig.hub.judge.set(seq, { verdict: 'conflict' })
    await rig.start()
    await rig.untilAcked()
    await rig.untilView((v) => v.counts.atHub === 1_399 && v.counts.quarantined === 1)
    rig.journal.prunedSeq = 1_200
    rig.hub.up = false
    rig.hub.cut()
    rig.journal.appendSales(5)
    await sweep()
    const swept = await rig.untilView((v) => v.counts.captured === 205 && v.counts.atHub === 200)
    expect(swept.counts.quarantined).toBe(0)
    await rig.restart()
    const restarted = await rig.untilView((v) => v.counts.captured === 205)
    expect(restarted.counts).toEqual(swept.counts)
    await rig.engine.close()
    expect(await keptSeqs()).toEqual(sequence(1_201, 1_405))
    const verdicts = await rig.withStore((store) => store.verdicts.of(rig.journal.incarnation, [7, 1_100, 1_350]))
    expect([...verdicts.keys()]).toEqual([1_350])
  })

  it('[JNL5] records of a former life go once the hub has them all and the journal keeps none as old, not before and not if they are wanted', async () => {
    const lives = { acked: 'bbbbbbbbbbbb', wanted: 'cccccccccccc', stranded: 'dddddddddddd' }
    for (const life of Object.values(lives)) {
      rig.journal = new MemoryJournal(life)
      rig.journal.appendSales(3)
      rig.hub.log.length = 0
      rig.hub.up = life !== lives.stranded
      if (life === lives.acked) await rig.start()
      else await rig.restart()
      await rig.clock.until(() => rig.engine.status().headSeq === 3 && rig.engine.status().ackedSeq === (rig.hub.up ? 3 : 0))
      if (life === lives.wanted) rig.keeper.lose(rig.journal.records.slice(1).map((record) => ({ ...record, seq: record.seq + 1_000 })))
    }
    rig.journal = new MemoryJournal('eeeeeeeeeeee')
    rig.journal.appendSales(20)
    rig.hub.up = true
    rig.hub.log.length = 0
    await rig.restart()
    await rig.untilAcked(20)
    rig.journal.prunedSeq = 10
    await sweep()
    await rig.engine.close()
    expect(await keptSeqs(lives.acked)).toEqual(sequence(1, 3))
    const records = rig.journal.records
    for (const [at, record] of records.entries()) records[at] = { ...record, capturedAt: '2026-09-01T10:00:00.000Z' as never }
    rig.journal.prunedSeq = 11
    await rig.start()
    await sweep()
    await rig.engine.close()
    expect(await keptSeqs(lives.acked)).toEqual([])
    expect(await keptSeqs(lives.wanted)).toEqual(sequence(1, 3))
    expect(await keptSeqs(lives.stranded)).toEqual(sequence(1, 3))
    expect(await keptSeqs('eeeeeeeeeeee')).toEqual(sequence(12, 20))
  })

  it('[CAP2] a copy that is far behind is shown while it is filled, and not afterwards', async () => {
    rig.journal.appendSales(9_000)
    rig.hub.up = false
    const read = rig.journal.read.bind(rig.journal)
    rig.journal.read = async (afterSeq, limit) => {
      await new Promise<void>((resolve) => void rig.clock.after(1_000, resolve))
      return read(afterSeq, limit)
    }
    await rig.startBehindClock()
    const during = await rig.untilView((v) => (v.rebuild?.records ?? 0) >= 4_000)
    expect(during.rebuild).toEqual({ records: during.counts.captured, total: 9_000 })
    const after = await rig.untilView((v) => v.counts.captured === 9_000)
    expect(after.rebuild).toBeUndefined()
    rig.journal.appendSales(1)
    expect((await rig.untilView((v) => v.counts.captured === 9_001)).rebuild).toBeUndefined()
  })
})
