/** What leaves the disk, and what never does. */
import { describe, expect, it } from 'vitest'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { type Journal, openJournal } from './journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './memory-disk.ts'
import { agedSeqOf, markDay, type PruneRequest } from './prune-plan.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const random = seededRandom(5)
const open = (disk: MemoryDisk): Promise<Journal> =>
  openJournal({ ...{ dir: '/j', deviceId, disk, random, segmentBytes: 1_500 }, lock: async () => async () => undefined })

const fill = async (journal: Journal, from: number, to: number): Promise<void> => {
  for (let n = from; n <= to; n += 1) await journal.append('transaction', JSON.stringify({ n }))
}
const numbers = async (journal: Journal): Promise<number[]> => (await journal.read(0, 1_000)).map(({ seq }) => seq)
const firstOf = async (journal: Journal): Promise<number> => (await numbers(journal))[0] ?? 0
const urgent: PruneRequest = { today: '2026-01-31', days: 30, maxBytes: 1e9, isUrgent: true }
const day = (n: number): PruneRequest => ({ today: `2026-01-${String(n).padStart(2, '0')}`, days: 3, maxBytes: 1e9, isUrgent: false })
const segmentsOf = (disk: MemoryDisk): string[] => disk.paths.filter((path) => path.endsWith('.jsonl'))

describe('pruning', () => {
  it('[JNL5] never takes what the hub has not acknowledged, nor the segment that is written', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const journal = await open(disk)
    await fill(journal, 1, 30)
    expect(await journal.prune(urgent)).toMatchObject({ segments: 0 })
    journal.acknowledge(journal.incarnation, 11)
    await journal.prune(urgent)
    const first = await firstOf(journal)
    expect(first).toBeGreaterThan(6)
    expect(first).toBeLessThanOrEqual(12)
    journal.acknowledge(journal.incarnation, 30)
    await journal.prune(urgent)
    expect(segmentsOf(disk)).toHaveLength(1)
    expect((await journal.read(0, 1)).length).toBe(1)
  })

  it('[JNL5] frees a full disk also where the newest segment was begun and nothing could be written into it', async () => {
    const disk = createMemoryDisk(seededRandom(2))
    const journal = await open(disk)
    let files = 0
    for (let n = 1; files < 4; n += 1) {
      disk.fault = (operation) => (operation === 'write' && segmentsOf(disk).length > 3 ? 'ENOSPC' : null)
      await journal.append('transaction', JSON.stringify({ n })).catch(() => undefined)
      files = segmentsOf(disk).length
    }
    disk.fault = () => null
    const { seq } = await journal.head()
    journal.acknowledge(journal.incarnation, seq)
    expect(await journal.prune(urgent)).toMatchObject({ segments: 3 })
    await fill(journal, 1, 1)
    expect(await numbers(journal)).toEqual([seq + 1])
    await journal.close()
    const reopened = await open(disk)
    expect([reopened.recovery, await numbers(reopened)]).toEqual([{ kind: 'none' }, [seq + 1]])
  })

  it('[JNL5] goes on with the same chain after a restart, and leftovers of a crash go then', async () => {
    const disk = createMemoryDisk(seededRandom(2))
    const journal = await open(disk)
    await fill(journal, 1, 30)
    journal.acknowledge(journal.incarnation, 20)
    disk.fault = (operation, path) => (operation === 'remove' && path.endsWith('.jsonl') ? 'EIO' : null)
    await journal.prune(urgent)
    disk.fault = () => null
    const [kept, files] = [await numbers(journal), segmentsOf(disk).length]
    expect(kept.length).toBeLessThan(20)
    await journal.close()
    const reopened = await open(disk)
    expect([reopened.recovery, await numbers(reopened), reopened.missing()]).toEqual([{ kind: 'none' }, kept, []])
    expect(segmentsOf(disk).length).toBeLessThan(files)
    await fill(reopened, 31, 31)
    expect((await numbers(reopened)).at(-1)).toBe(31)
  })

  it('[JNL5] by age: only when as many later dates were seen as the retention has days, whatever the clock says', async () => {
    const journal = await open(createMemoryDisk(seededRandom(3)))
    await fill(journal, 1, 20)
    journal.acknowledge(journal.incarnation, 20)
    await journal.prune(day(1))
    await fill(journal, 21, 40)
    journal.acknowledge(journal.incarnation, 40)
    for (const request of [day(1), day(2), { ...day(9), today: '2031-01-01' }, day(2)]) {
      await journal.prune(request)
      expect(await firstOf(journal)).toBe(1)
    }
    await journal.prune(day(3))
    const first = await firstOf(journal)
    expect(first).toBeGreaterThan(15)
    expect(first).toBeLessThanOrEqual(21)
  })

  it('[JNL5] by size: the oldest of what the hub has', async () => {
    const journal = await open(createMemoryDisk(seededRandom(3)))
    await fill(journal, 1, 60)
    journal.acknowledge(journal.incarnation, 60)
    await journal.prune({ ...day(1), maxBytes: 10_000 })
    const left = await numbers(journal)
    expect(left.length).toBeGreaterThan(20)
    expect(left.length).toBeLessThan(40)
  })

  it('[JNL5] a lower watermark counts at once: the hub may be a restored one', async () => {
    const journal = await open(createMemoryDisk(seededRandom(3)))
    await fill(journal, 1, 20)
    journal.acknowledge(journal.incarnation, 20)
    journal.acknowledge(journal.incarnation, 0)
    journal.acknowledge(journal.incarnation, 900)
    await journal.prune(urgent)
    expect(await firstOf(journal)).toBe(1)
  })

  it('[JNL5] [CAP3] the life after a pruned one is numbered from 1 without gaps', async () => {
    const disk = createMemoryDisk(seededRandom(4))
    const journal = await open(disk)
    await fill(journal, 1, 30)
    journal.acknowledge(journal.incarnation, 20)
    await journal.prune(urgent)
    const kept = (await journal.read(0, 100)).map(({ payload }) => payload)
    expect((await journal.renew(journal.incarnation, 'test')).outcome).toBe('begun')
    expect(journal.renumbered).toBe(30 - kept.length)
    expect(await numbers(journal)).toEqual(kept.map((_, i) => i + 1))
    expect((await journal.read(0, 100)).map(({ payload }) => payload)).toEqual(kept)
    await journal.close()
    const reopened = await open(disk)
    expect([reopened.recovery, await numbers(reopened)]).toEqual([{ kind: 'none' }, kept.map((_, i) => i + 1)])
  })

  it('[JNL5] a former life goes when the hub has its records from the present one, but not while records of it are missing', async () => {
    const disk = createMemoryDisk(seededRandom(6))
    const journal = await open(disk)
    await fill(journal, 1, 12)
    const all = await journal.read(0, 100)
    const former = journal.incarnation
    await journal.close()
    await disk.remove(segmentsOf(disk).toSorted()[1] ?? '')
    const next = await open(disk)
    const ofFormer = () => segmentsOf(disk).filter((path) => path.includes(former)).length
    await next.prune(urgent)
    next.acknowledge(next.incarnation, (await next.head()).seq)
    await next.prune(urgent)
    expect([ofFormer() > 0, next.missing().length]).toEqual([true, 1])
    await next.restore(all)
    expect(next.missing()).toEqual([])
    next.acknowledge(next.incarnation, 1)
    await next.prune(urgent)
    expect(ofFormer()).toBeGreaterThan(0)
    next.acknowledge(next.incarnation, (await next.head()).seq)
    expect(await next.prune(urgent)).toMatchObject({ formerLives: 1 })
    expect(ofFormer()).toBe(0)
  })

  it('[CAP13] a copy that a power cut left unfinished goes at the next opening', async () => {
    const disk = createMemoryDisk(seededRandom(8))
    const journal = await open(disk)
    await fill(journal, 1, 600)
    const { incarnation } = journal
    const renewal = journal.renew(incarnation, 'test')
    const others = () => segmentsOf(disk).filter((path) => !path.includes(incarnation))
    while (others().length === 0) await Promise.resolve()
    await disk.syncDir('/j')
    disk.powerCut()
    // The process is gone with the power, and tidies nothing up.
    disk.fault = (operation) => (operation === 'remove' ? 'EIO' : null)
    await renewal
    disk.fault = () => null
    expect(others().length).toBeGreaterThan(0)
    const reopened = await open(disk)
    expect([reopened.incarnation, (await reopened.head()).seq, others()]).toEqual([incarnation, 600, []])
  })

  it('[JNL5] damage behind a base is found, and what was pruned is not missing', async () => {
    const disk = createMemoryDisk(seededRandom(7))
    const journal = await open(disk)
    await fill(journal, 1, 30)
    journal.acknowledge(journal.incarnation, 15)
    await journal.prune(urgent)
    const first = await firstOf(journal)
    await journal.close()
    disk.corrupt(segmentsOf(disk).toSorted()[1] ?? '', 300)
    const next = await open(disk)
    expect(next.recovery).toMatchObject({ kind: 'new-life', reason: 'damage', records: 30 - first })
    expect(next.missing()).toMatchObject([{ incarnation: journal.incarnation }])
    expect(next.missing()[0]?.fromSeq).toBeGreaterThan(first)
  })
})

describe('days', () => {
  it('[JNL5] counts dates that were seen, each once, and remembers no more than it needs', () => {
    const marks = ['2026-01-01', '2026-01-02', '2026-01-01', '2026-01-03', '2026-01-04'].reduce<ReturnType<typeof markDay>>(
      (known, date, at) => markDay(known, date, (at + 1) * 10, 2),
      [],
    )
    expect(marks.map(({ seq }) => seq)).toEqual([20, 40, 50])
    expect([agedSeqOf(marks, 2), agedSeqOf(marks.slice(1), 2)]).toEqual([20, 0])
  })
})
