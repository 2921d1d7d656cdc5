import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText } from '#sync/contract/transaction.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { type Journal, openJournal } from './journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './journal/memory-disk.ts'
import { createRecordIndex, openRecordIndex, type RecordIndex } from './record-index.ts'
import { keyOfRecord, transactionKey } from './record-keys.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const nowIso = (): string => '2026-02-01T00:00:00.000Z'

interface Opened {
  journal: Journal
  index: RecordIndex
}

const open = async (disk: MemoryDisk, random = seededRandom(2)): Promise<Opened> => {
  const keys = createRecordIndex()
  const lock = async (): Promise<() => Promise<void>> => async () => undefined
  const journal = await openJournal({ dir: '/j', deviceId, disk, random, segmentBytes: 4_000, nowIso, lock, visitor: keys })
  return { journal, index: keys.over(journal) }
}

const sell = async ({ journal, index }: Opened, from: number, to: number): Promise<void> => {
  for (let n = from; n <= to; n += 1) {
    const sale = saleOf(n)
    index.add(transactionKey(sale), (await journal.append('transaction', canonicalText(sale))).seq)
  }
}
const seqOf = async ({ index }: Opened, n: number): Promise<number | undefined> => (await index.find(transactionKey(saleOf(n))))?.seq
const prune = async ({ journal }: Opened, ackedSeq: number): Promise<void> => {
  journal.acknowledge(journal.incarnation, ackedSeq)
  await journal.prune({ today: '2026-01-31', days: 30, maxBytes: 1e9, isUrgent: true })
}

describe('record index', () => {
  it('[CAP5] made while the journal opens, it finds what one made of the open journal finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }), async (numbers) => {
        const disk = createMemoryDisk(seededRandom(1))
        const first = await open(disk)
        for (const n of numbers) await first.journal.append('transaction', canonicalText(saleOf(n)))
        await first.journal.close()
        const again = await open(disk)
        const later = await openRecordIndex(again.journal)
        for (let n = 0; n <= 30; n += 1) {
          const key = transactionKey(saleOf(n))
          expect(again.index.mayHave(key)).toBe(later.mayHave(key))
          expect(await again.index.find(key)).toEqual(await later.find(key))
          expect((await again.index.find(key))?.seq).toBe(numbers.includes(n) ? numbers.indexOf(n) + 1 : undefined)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('[CAP5] finds what a damaged journal carried into its new life, by its new number', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const first = await open(disk)
    await sell(first, 1, 20)
    await first.journal.close()
    disk.corrupt(disk.paths.find((path) => path.endsWith('.jsonl')) ?? '', 200)
    const again = await open(disk, seededRandom(3))
    expect(again.journal.recovery).toMatchObject({ kind: 'new-life', records: 19 })
    expect(await Promise.all([1, 2, 20].map((n) => seqOf(again, n)))).toEqual([undefined, 1, 19])
  })

  it('[JNL5][CAP13] keeps its numbers over pruning, a renewal that renumbers, and a start on either', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const first = await open(disk)
    await sell(first, 1, 40)
    await prune(first, 30)
    const base = ((await first.journal.read(0, 1))[0]?.seq ?? 0) - 1
    expect(base).toBeGreaterThan(0)
    expect(await seqOf(first, 1)).toBeUndefined()
    expect(await seqOf(first, 40)).toBe(40)
    await first.journal.close()

    const second = await open(disk)
    expect(await seqOf(second, base)).toBeUndefined()
    expect(await seqOf(second, base + 1)).toBe(base + 1)
    expect(await second.journal.renew(second.journal.incarnation, 'restored')).toMatchObject({ outcome: 'begun' })
    expect(second.journal.renumbered).toBe(base)
    await sell(second, 41, 42)
    expect(await Promise.all([base + 1, 40, 41, 42].map((n) => seqOf(second, n)))).toEqual([1, 40 - base, 41 - base, 42 - base])
    await second.journal.close()

    const third = await open(disk)
    expect(await Promise.all([base + 1, 42].map((n) => seqOf(third, n)))).toEqual([1, 42 - base])
    expect((await third.journal.read(0, 100)).every((record) => keyOfRecord(record) !== null)).toBe(true)
  })
})
