/** Zeros ahead of the records: there for speed alone, and seen by nobody who reads. */
import { describe, expect, it } from 'vitest'
import { readLines } from '../completeness/journal-lines.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { inspectSegment } from './inspect-segment.ts'
import { openJournal } from './journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './memory-disk.ts'
import { genesis } from './load.ts'
import { readSegment } from './segment.ts'

const open = (disk: MemoryDisk) =>
  openJournal({
    ...{ dir: '/j', deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'), disk, segmentBytes: 8_000, random: seededRandom(1) },
    lock: async () => async () => undefined,
  })
const payload = (n: number): string => JSON.stringify({ n, fill: 'x'.repeat(300) })
const segmentsOf = (disk: MemoryDisk): string[] => disk.paths.filter((path) => path.endsWith('.jsonl')).toSorted()
const newest = (disk: MemoryDisk): string => segmentsOf(disk).at(-1) ?? ''

describe('room ahead of the records', () => {
  it('does not let the file grow with each record, and nobody reads it', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const journal = await open(disk)
    const sizes = new Set<number | null>()
    for (let n = 1; n <= 6; n += 1) {
      await journal.append('transaction', payload(n))
      sizes.add(await disk.sizeOf(newest(disk)))
    }
    expect(sizes.size).toBeLessThan(4)
    const bytes = await readSegment(disk, newest(disk))
    expect((await disk.sizeOf(newest(disk))) ?? 0).toBeGreaterThan(bytes.length)
    const start = { seq: genesis.seq, hash: genesis.hash }
    const seen = inspectSegment({ ...{ name: 's', bytes, start, nextFirstSeq: null }, incarnation: journal.incarnation })
    expect([seen.findings, seen.records.length]).toEqual([[], 6])
    const lines = []
    for await (const line of readLines(disk, '/j', journal.incarnation)) lines.push(line)
    expect(lines.filter((line) => 'chained' in line)).toHaveLength(6)
    expect(lines).toHaveLength(6)
  })

  it('[CAP8] is given back when a segment is full and when the journal is closed; after a power cut it is no torn tail', async () => {
    const disk = createMemoryDisk(seededRandom(2))
    const journal = await open(disk)
    for (let n = 1; n <= 40; n += 1) await journal.append('transaction', payload(n))
    const [first = '', second = ''] = segmentsOf(disk)
    for (const path of [first, second]) expect(await disk.sizeOf(path)).toBe((await readSegment(disk, path)).length)
    disk.powerCut()
    const again = await open(disk)
    expect([again.recovery, (await again.head()).seq]).toEqual([{ kind: 'none' }, 40])
    await again.append('transaction', payload(41))
    await again.close()
    expect(await disk.sizeOf(newest(disk))).toBe((await readSegment(disk, newest(disk))).length)
  })

  it('[JNL3] is not made on a disk that fills up, nor held against a sale', async () => {
    const disk = createMemoryDisk(seededRandom(3))
    const journal = await open(disk)
    disk.capacity = 10_000
    for (let n = 1; n <= 3; n += 1) await journal.append('transaction', payload(n))
    expect(await disk.sizeOf(newest(disk))).toBe((await readSegment(disk, newest(disk))).length)
    while (await journal.append('transaction', payload(4)).catch(() => null));
    const { seq } = await journal.head()
    expect(await disk.freeBytes('/j')).toBeLessThan(700)
    disk.capacity = 1e6
    expect((await journal.append('transaction', payload(5))).seq).toBe(seq + 1)
    disk.powerCut()
    expect((await (await open(disk)).head()).seq).toBe(seq + 1)
  })
})
