import { describe, expect, it } from 'vitest'
import { chainText, genesisHash, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { CannotWrite, type Journal, type JournalOptions, openJournal } from './journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './memory-disk.ts'
import { readSegment } from './segment.ts'
import { sha256 } from './sha256.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const free = async () => async () => undefined

const open = (disk: MemoryDisk, more: Partial<JournalOptions> = {}): Promise<Journal> =>
  openJournal({ dir: '/j', deviceId, disk, lock: free, nowIso: () => '2026-01-31T08:15:00.000Z', random: seededRandom(1), ...more })

const all = async (journal: Journal): Promise<TidelineRecord[]> => journal.read(0, 100_000)
const payload = (n: number, size = 0): string => JSON.stringify({ n, fill: 'x'.repeat(size) })

const expectChain = (records: readonly TidelineRecord[]): void => {
  let previous: string = genesisHash
  for (const [index, record] of records.entries()) {
    recordSchema.parse(record)
    expect(record.seq).toBe(index + 1)
    expect(record.payloadHash).toBe(sha256(record.payload))
    expect(record.previousHash).toBe(previous)
    previous = sha256(chainText(record))
  }
}

/** A disk whose syncs wait until `release`. */
const holdSyncs = (disk: MemoryDisk) => {
  const held: (() => void)[] = []
  let holding = false
  let entered = (): void => undefined
  const realOpen = disk.open
  disk.open = async (path) => {
    const file = await realOpen(path)
    const sync = async (): Promise<void> => {
      if (holding) {
        entered()
        await new Promise<void>((resolve) => held.push(resolve))
      }
      await file.sync()
    }
    return { ...file, sync }
  }
  return {
    hold: (): Promise<void> => {
      holding = true
      return new Promise((resolve) => (entered = resolve))
    },
    release: (): void => {
      holding = false
      for (const resolve of held.splice(0)) resolve()
    },
  }
}

describe('journal', () => {
  it('[CAP3] numbers from 1 without gaps and [CAP4] chains what it appends', async () => {
    const journal = await open(createMemoryDisk(seededRandom(1)))
    await journal.append('transaction', payload(1))
    await Promise.all([2, 3, 4].map((n) => journal.append('transaction', payload(n))))
    await journal.appendAll([5, 6].map((n) => ({ kind: 'conflict' as const, payloadText: payload(n) })))
    const records = await all(journal)
    expectChain(records)
    expect(records.map((r) => (JSON.parse(r.payload) as { n: number }).n)).toEqual([1, 2, 3, 4, 5, 6])
    const head = await journal.head()
    expect(head).toEqual({ incarnation: journal.incarnation, seq: 6, hash: sha256(chainText(records[5] as TidelineRecord)) })
  })

  it('[CAP1] answers only after the sync, and appends that arrive meanwhile share the next one', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const syncs = holdSyncs(disk)
    const journal = await open(disk)
    await journal.append('transaction', payload(0))
    let writes = 0
    disk.fault = (operation) => {
      if (operation === 'write') writes += 1
      return null
    }
    const answered: number[] = []
    const held = syncs.hold()
    const pending = [1, 2, 3].map((n) => journal.append('transaction', payload(n)).then(() => answered.push(n)))
    await held
    expect(answered).toEqual([])
    expect((await journal.head()).seq).toBe(1)
    expect(await all(journal)).toHaveLength(1)
    syncs.release()
    await Promise.all(pending)
    expect(answered).toEqual([1, 2, 3])
    expect(writes).toBe(2)
  })

  it('[CAP8] keeps what it answered over a reopening, and goes on from there in the same life', async () => {
    const disk = createMemoryDisk(seededRandom(2))
    const first = await open(disk)
    for (let n = 1; n <= 5; n += 1) await first.append('transaction', payload(n))
    disk.powerCut()
    const second = await open(disk)
    expect(second.incarnation).toBe(first.incarnation)
    await second.append('transaction', payload(6))
    const records = await all(second)
    expectChain(records)
    expect(records).toHaveLength(6)
  })

  it('[CAP8] cuts a torn tail behind the last whole record and keeps the torn bytes aside', async () => {
    const disk = createMemoryDisk(seededRandom(3))
    const first = await open(disk)
    for (let n = 1; n <= 3; n += 1) await first.append('transaction', payload(n))
    const segment = disk.paths.find((path) => path.endsWith('.jsonl')) ?? ''
    const file = await disk.open(segment)
    const { length: size } = await readSegment(disk, segment)
    const torn = new TextEncoder().encode('0123 {"deviceId":"dev-')
    await file.write(torn, size)
    await file.sync()
    const second = await open(disk)
    expect(second.recovery).toEqual({ kind: 'torn-tail', bytes: torn.length })
    expect(await all(second)).toHaveLength(3)
    const aside = disk.paths.find((path) => path.endsWith('.torn')) ?? ''
    expect(await disk.readWhole(aside)).toEqual(torn)
    await second.append('transaction', payload(4))
    expectChain(await all(await open(disk)))
  })

  it('[CAP8] loses no record to damage inside the chain: a new life begins with all that can be read', async () => {
    const disk = createMemoryDisk(seededRandom(4))
    const first = await open(disk)
    for (let n = 1; n <= 9; n += 1) await first.append('transaction', payload(n))
    disk.corrupt(disk.paths.find((path) => path.endsWith('.jsonl')) ?? '', 700)
    const second = await open(disk, { random: seededRandom(99) })
    expect(second.recovery).toMatchObject({ kind: 'new-life', reason: 'damage', records: 8 })
    expect(second.incarnation).not.toBe(first.incarnation)
    const records = await all(second)
    expectChain(records)
    expect(records).toHaveLength(8)
  })

  it('[CAP3] begins a new life, with all records, for a device enrolled anew', async () => {
    const disk = createMemoryDisk(seededRandom(5))
    const first = await open(disk)
    for (let n = 1; n <= 3; n += 1) await first.append('transaction', payload(n))
    await first.close()
    const other = deviceIdSchema.parse('dev-bbbbbbbbbbbb')
    const second = await open(disk, { deviceId: other, random: seededRandom(7) })
    const records = await all(second)
    expectChain(records)
    expect(records.map((r) => r.deviceId)).toEqual([other, other, other])
    expect(second.recovery).toMatchObject({ kind: 'new-life', reason: 'other-device', records: 3, missing: [] })
  })

  it.each(['write', 'sync'] as const)('[CAP1] refuses on a failed %s, and goes on without gap when the disk does', async (operation) => {
    const disk = createMemoryDisk(seededRandom(6))
    const journal = await open(disk)
    await journal.append('transaction', payload(1))
    disk.fault = (op) => (op === operation ? 'ENOSPC' : null)
    await expect(journal.append('transaction', payload(2))).rejects.toBeInstanceOf(CannotWrite)
    expect(journal.writable()).toBe(false)
    expect((await journal.head()).seq).toBe(1)
    disk.fault = () => null
    await journal.append('transaction', payload(3))
    expect(journal.writable()).toBe(true)
    disk.powerCut()
    const records = await all(await open(disk))
    expectChain(records)
    expect(records.map((r) => (JSON.parse(r.payload) as { n: number }).n)).toEqual([1, 3])
  })

  it('[CAP1] survives short writes', async () => {
    const disk = createMemoryDisk(seededRandom(7))
    disk.fault = (op) => (op === 'write' ? 'short' : null)
    const journal = await open(disk)
    await journal.append('transaction', payload(1, 5_000))
    expectChain(await all(await open(disk)))
  })

  it('reads any range over many segments', async () => {
    const disk = createMemoryDisk(seededRandom(8))
    const journal = await open(disk, { segmentBytes: 1_500 })
    for (let n = 1; n <= 40; n += 1) await journal.append('transaction', payload(n))
    expect(disk.paths.filter((path) => path.endsWith('.jsonl')).length).toBeGreaterThan(5)
    for (const opened of [journal, await open(disk, { segmentBytes: 1_500 })])
      for (let after = 0; after <= 41; after += 1)
        for (const limit of [1, 3, 100])
          expect((await opened.read(after, limit)).map((r) => r.seq)).toEqual(
            Array.from({ length: Math.max(0, Math.min(limit, 40 - after)) }, (_, i) => after + 1 + i),
          )
  })

  it('tells the newest number after each durable append', async () => {
    const journal = await open(createMemoryDisk(seededRandom(9)))
    const told: number[] = []
    const stop = journal.onAppended((seq) => told.push(seq))
    await journal.append('transaction', payload(1))
    await journal.append('transaction', payload(2))
    await Promise.resolve()
    stop()
    await journal.append('transaction', payload(3))
    expect(told).toEqual([1, 2])
  })

  it.each([
    ['ENOSPC', 'the disk is full'],
    ['EIO', 'the disk reports a fault of its own'],
    ['EACCES', 'not permitted'],
  ])('[CAP1] says in words why it cannot be opened: %s', async (code, words) => {
    const disk = createMemoryDisk(seededRandom(1))
    disk.fault = (operation) => (operation === 'write' ? (code as 'EIO') : null)
    const opening = openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
    await expect(opening).rejects.toThrow(`the journal cannot be opened: `)
    await expect(opening).rejects.toThrow(words)
    await expect(opening).rejects.toThrow('the tills keep their sales')
  })

  it('takes nothing after closing', async () => {
    const journal = await open(createMemoryDisk(seededRandom(10)))
    const last = journal.append('transaction', payload(1))
    await journal.close()
    await last
    await expect(journal.append('transaction', payload(2))).rejects.toBeInstanceOf(CannotWrite)
  })

  it('[CAP3] a copied journal goes on under a new incarnation, with the same numbers, and appends meanwhile are kept', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const random = seededRandom(1)
    let now = '2026-01-31T08:15:00.000Z'
    const journal = await open(disk, { random, nowIso: () => now, segmentBytes: 2_000 })
    for (let n = 1; n <= 30; n += 1) await journal.append('transaction', payload(n, 100))
    const before = journal.incarnation
    const [renewal] = await Promise.all([
      journal.renew(before, 'the hub holds more'),
      ...[31, 32, 33].map((n) => journal.append('transaction', payload(n))),
    ])
    expect(renewal).toMatchObject({ outcome: 'begun', begun: { after: before, reason: 'the hub holds more' } })
    await journal.append('transaction', payload(34))
    expectChain(await all(journal))
    expect(journal.incarnation).not.toBe(before)
    expect(await journal.renew(before, 'again')).toMatchObject({ outcome: 'refused' })
    expect(await journal.renew(journal.incarnation, 'again')).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('a day later'),
    })
    await journal.close()

    const reopened = await open(disk, { random, nowIso: () => now, segmentBytes: 2_000 })
    expect([reopened.incarnation, reopened.recovery, reopened.begun]).toEqual([journal.incarnation, { kind: 'none' }, journal.begun])
    const records = await all(reopened)
    expectChain(records)
    expect(records.map((r) => (JSON.parse(r.payload) as { n: number }).n)).toEqual(Array.from({ length: 34 }, (_, i) => i + 1))
    expect(new Set(records.map((r) => r.incarnation))).toEqual(new Set([journal.incarnation]))
    now = '2026-02-01T08:15:00.000Z'
    expect((await reopened.renew(reopened.incarnation, 'a day later')).outcome).toBe('begun')
  })

  it('[CAP3] a new life that the disk does not take leaves the old one as it was, and none of its bytes', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const journal = await open(disk)
    for (let n = 1; n <= 5; n += 1) await journal.append('transaction', payload(n))
    const [paths, head] = [disk.paths.toSorted(), await journal.head()]
    disk.fault = (operation, path) => (operation === 'sync' && !path.includes(journal.incarnation) ? 'ENOSPC' : null)
    expect((await journal.renew(journal.incarnation, 'test')).outcome).toBe('refused')
    expect([disk.paths.toSorted(), await journal.head()]).toEqual([paths, head])
    expect((await journal.append('transaction', payload(6))).seq).toBe(6)
  })

  it('[CAP1] [CAP3] appends to neither life while the disk may name either, and goes on with the old one', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const random = seededRandom(1)
    const journal = await open(disk, { random })
    await journal.append('transaction', payload(1))
    const { incarnation } = journal
    let written = 0
    disk.fault = (operation, path) => {
      // The first time it only notes that a copy is begun.
      if (operation === 'rename' && path.endsWith('journal.json.tmp')) written += 1
      return written > 1 && operation === 'syncDir' ? 'EIO' : null
    }
    expect((await journal.renew(incarnation, 'test')).outcome).toBe('refused')
    await expect(journal.append('transaction', payload(2))).rejects.toBeInstanceOf(CannotWrite)
    disk.fault = () => null
    expect(await journal.append('transaction', payload(3))).toMatchObject({ incarnation, seq: 2 })
    disk.powerCut()
    await journal.close().catch(() => undefined)
    const reopened = await open(disk, { random })
    expect([reopened.incarnation, (await all(reopened)).map((r) => r.payload)]).toEqual([incarnation, [payload(1), payload(3)]])
  })
})
