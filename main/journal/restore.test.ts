/** What the disk lost comes back, once, and only where it fits the chain. */
import { describe, expect, it } from 'vitest'
import { chainText, type TidelineRecord } from '#sync/contract/record.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { type Journal, openJournal } from './journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './memory-disk.ts'
import { sha256 } from './sha256.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const payload = (n: number): string => JSON.stringify({ n })
const random = seededRandom(77)

const open = (disk: MemoryDisk): Promise<Journal> =>
  openJournal({ ...{ dir: '/j', deviceId, disk, random, segmentBytes: 1_500 }, lock: async () => async () => undefined })

const numbers = async (journal: Journal): Promise<number[]> =>
  (await journal.read(0, 1_000)).map((record) => (JSON.parse(record.payload) as { n: number }).n)

/** Twelve records, three or four a segment; those of the second segment are lost. */
const damaged = async () => {
  const disk = createMemoryDisk(seededRandom(3))
  const first = await open(disk)
  for (let n = 1; n <= 12; n += 1) await first.append('transaction', payload(n))
  const records = await first.read(0, 100)
  await first.close()
  const segments = disk.paths.filter((path) => path.endsWith('.jsonl')).toSorted()
  await disk.remove(segments[1] ?? '')
  const journal = await open(disk)
  const [range] = journal.missing()
  if (!range) throw new Error('nothing is missing')
  return { disk, journal, range, lost: records.filter(({ seq }) => seq >= range.fromSeq && seq <= range.toSeq) }
}

const forged = (record: TidelineRecord): TidelineRecord => ({ ...record, payload: payload(99), payloadHash: sha256(payload(99)) })

describe('restoring', () => {
  it('[JNL2] a damaged journal keeps what is before and behind, takes sales at once, and says what is missing', async () => {
    const { journal, range, lost } = await damaged()
    expect(range.toSeq - range.fromSeq + 1).toBe(lost.length)
    expect(lost.length).toBeGreaterThan(2)
    expect(journal.recovery).toMatchObject({ kind: 'new-life', reason: 'damage', records: 12 - lost.length, missing: [range] })
    await journal.append('transaction', payload(13))
    expect(await numbers(journal)).toHaveLength(13 - lost.length)
  })

  it('[JNL2] takes a range back whole, once, over a restart too', async () => {
    const { disk, journal, lost } = await damaged()
    const told: number[] = []
    journal.onRestored((records) => told.push(...records.map(({ seq }) => seq)))
    expect(await journal.restore(lost)).toEqual({ restored: lost.length, refused: 0 })
    expect([journal.missing(), told.length]).toEqual([[], lost.length])
    expect(await journal.restore(lost)).toEqual({ restored: 0, refused: lost.length })
    await journal.close()
    disk.powerCut()
    const reopened = await open(disk)
    expect([reopened.missing(), (await numbers(reopened)).toSorted((a, b) => a - b)]).toEqual([
      [],
      Array.from({ length: 12 }, (_, i) => i + 1),
    ])
    const restored = (await reopened.read(0, 100)).filter((record) => lost.some(({ payload: text }) => text === record.payload))
    expect(restored.map(({ capturedAt }) => capturedAt)).toEqual(lost.map(({ capturedAt }) => capturedAt))
  })

  it('[JNL2] takes what the chain leads to, from the start on and from the end back, and nothing in between', async () => {
    const { journal, range, lost } = await damaged()
    const [first, second, ...rest] = lost
    const end = rest.at(-1) as TidelineRecord
    expect(await journal.restore([second as TidelineRecord])).toEqual({ restored: 0, refused: 1 })
    expect(await journal.restore([end])).toEqual({ restored: 1, refused: 0 })
    expect(journal.missing()).toEqual([{ ...range, toSeq: range.toSeq - 1 }])
    expect(await journal.restore([first as TidelineRecord])).toEqual({ restored: 1, refused: 0 })
    expect(journal.missing()).toEqual([{ ...range, fromSeq: range.fromSeq + 1, toSeq: range.toSeq - 1 }])
    expect(await journal.restore([second as TidelineRecord, ...rest])).toEqual({ restored: lost.length - 2, refused: 1 })
    expect(journal.missing()).toEqual([])
  })

  it('[JNL2] refuses what is forged: another content, another chain, another device, another range', async () => {
    const { journal, lost } = await damaged()
    let previousHash = lost[0]?.previousHash
    const otherHistory = lost.map((record) => {
      const other = { ...forged(record), previousHash: previousHash as TidelineRecord['previousHash'] }
      previousHash = sha256(chainText(other))
      return other
    })
    expect(await journal.restore(otherHistory)).toEqual({ restored: 0, refused: lost.length })
    expect(await journal.restore(lost.map((record) => ({ ...record, payload: payload(99) })))).toMatchObject({ restored: 0 })
    expect(await journal.restore(lost.map((record) => ({ ...record, seq: record.seq + 100 })))).toMatchObject({ restored: 0 })
    const other = deviceIdSchema.parse('dev-bbbbbbbbbbbb')
    expect(await journal.restore(lost.map((record) => ({ ...record, deviceId: other })))).toMatchObject({ restored: 0 })
    expect(journal.missing()).toHaveLength(1)
  })

  it('[JNL2] a crash between the append and the note of it doubles nothing', async () => {
    const { disk, journal, lost } = await damaged()
    disk.fault = (operation, path) => (operation === 'rename' && path.includes('journal.json') ? 'EIO' : null)
    await expect(journal.restore(lost)).rejects.toThrow('EIO')
    disk.fault = () => null
    await journal.close()
    disk.powerCut()
    const reopened = await open(disk)
    expect(await reopened.restore(lost)).toEqual({ restored: lost.length, refused: 0 })
    expect([reopened.missing(), (await numbers(reopened)).length]).toEqual([[], 12])
  })

  it('[JNL2] goes on looking for it in the next life', async () => {
    const { disk, journal, lost, range } = await damaged()
    expect((await journal.renew(journal.incarnation, 'restored disk')).outcome).toBe('begun')
    expect(journal.missing()).toEqual([range])
    await journal.close()
    const reopened = await open(disk)
    expect(await reopened.restore(lost)).toEqual({ restored: lost.length, refused: 0 })
    expect((await numbers(reopened)).length).toBe(12)
  })
})
