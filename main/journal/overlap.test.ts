/**
 * Two batches under way at once: syncs that end in any order and fail in any combination, power cuts at any moment between. What was
 * answered is there; what was refused comes again, and is there once.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainText, genesisHash, type TidelineRecord } from '#sync/contract/record.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { CannotWrite, type Journal, openJournal } from './journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './memory-disk.ts'
import { sha256 } from './sha256.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')

const open = (disk: MemoryDisk, random = seededRandom(1), reserveBytes = 0): Promise<Journal> =>
  openJournal({
    ...{ dir: '/j', deviceId, disk: disk.boot(), random, segmentBytes: 4_000, reserveBytes },
    lock: async () => async () => undefined,
  })

const payload = (n: number, size = 0): string => JSON.stringify({ n, fill: 'x'.repeat(size) })
const numberOf = ({ payload: text }: TidelineRecord): number => (JSON.parse(text) as { n: number }).n

const numbersIn = async (journal: Journal): Promise<number[]> => {
  const records = await journal.read(0, 100_000)
  let previous: string = genesisHash
  for (const [index, record] of records.entries()) {
    expect([record.seq, record.previousHash]).toEqual([index + 1, previous])
    previous = sha256(chainText(record))
  }
  expect((await journal.head()).hash).toBe(previous)
  return records.map(numberOf)
}

/** A microtask at a time, until it is so. */
const until = async (holds: () => boolean): Promise<void> => {
  for (let turns = 0; !holds() && turns < 10_000; turns += 1) await Promise.resolve()
  expect(holds()).toBe(true)
}

type End = 'well' | 'EIO' | 'ENOSPC'

/** Syncs of segments end when the test says so; a failed one loses what was to be written, of whichever handle. */
const holdSyncs = (disk: MemoryDisk) => {
  const held: ((end: End) => void)[] = []
  let next: End = 'well'
  const realOpen = disk.open
  disk.fault = (operation, path) => (operation === 'sync' && path.endsWith('.jsonl') && next !== 'well' ? next : null)
  disk.open = async (path) => {
    const file = await realOpen(path)
    if (!path.endsWith('.jsonl')) return file
    const sync = async (): Promise<void> => {
      const end = await new Promise<End>((resolve) => held.push(resolve))
      next = end
      const synced = file.sync()
      next = 'well'
      await synced
    }
    return { ...file, sync }
  }
  const endAll = async (settled: Promise<unknown>): Promise<void> => {
    let isSettled = false
    void settled.finally(() => (isSettled = true)).catch(() => undefined)
    for (let turns = 0; !isSettled && turns < 10_000; turns += 1) {
      for (const end of held.splice(0)) end('well')
      await Promise.resolve()
    }
  }
  return { held, endAll }
}

/** One record is durable; three more come one after the other. */
const openBusy = async () => {
  const disk = createMemoryDisk(seededRandom(1))
  const { held, endAll } = holdSyncs(disk)
  const opening = open(disk)
  await endAll(opening)
  const journal = await opening
  const first = journal.append('transaction', payload(1))
  await endAll(first)
  await first
  const answers: string[] = []
  const append = (n: number): Promise<void> =>
    journal.append('transaction', payload(n)).then(
      () => void answers.push(`captured ${n}`),
      (error: unknown) => {
        expect(error).toBeInstanceOf(CannotWrite)
        answers.push(`refused ${n}`)
      },
    )
  const reopen = async (): Promise<number[]> => {
    disk.powerCut()
    const reopening = open(disk)
    await endAll(reopening)
    return numbersIn(await reopening)
  }
  return { disk, journal, held, endAll, answers, append, reopen }
}

describe('batches under way at once', () => {
  it('[CAP1] [CAP24] a batch is written while the one before is synced, and a third one waits', async () => {
    const { disk, journal, held, append, answers, endAll } = await openBusy()
    let writes = 0
    disk.fault = (operation) => {
      if (operation === 'write') writes += 1
      return null
    }
    const appends = [append(2)]
    await until(() => held.length === 1)
    appends.push(append(3))
    await until(() => held.length === 2)
    appends.push(append(4), append(5))
    for (let turns = 0; turns < 100; turns += 1) await Promise.resolve()
    expect([writes, held.length, answers, (await journal.head()).seq]).toEqual([2, 2, [], 1])
    held.shift()?.('well')
    await until(() => writes === 3)
    expect([answers, (await journal.head()).seq]).toEqual([['captured 2'], 2])
    await endAll(Promise.all(appends))
    expect(answers).toEqual(['captured 2', 'captured 3', 'captured 4', 'captured 5'])
  })

  it('[CAP1] [CAP4] nobody is answered whose sync ended before that of a record before it', async () => {
    const { journal, held, append, answers } = await openBusy()
    const appends = [append(2)]
    await until(() => held.length === 1)
    appends.push(append(3))
    await until(() => held.length === 2)
    held.pop()?.('well')
    for (let turns = 0; turns < 100; turns += 1) await Promise.resolve()
    expect([answers, (await journal.head()).seq, (await journal.read(1, 10)).length]).toEqual([[], 1, 0])
    held.pop()?.('well')
    await Promise.all(appends)
    expect([answers, (await journal.head()).seq]).toEqual([['captured 2', 'captured 3'], 3])
  })

  it.each<[string, (0 | 1)[], End[], string[]]>([
    ['the first fails', [0, 1], ['EIO', 'well'], ['refused 2', 'refused 3']],
    ['the first fails, last', [1, 0], ['well', 'EIO'], ['refused 2', 'refused 3']],
    ['the second fails, last', [0, 1], ['well', 'EIO'], ['captured 2', 'refused 3']],
    ['the second fails, first', [1, 0], ['EIO', 'well'], ['refused 2', 'refused 3']],
    ['both fail', [0, 1], ['EIO', 'EIO'], ['refused 2', 'refused 3']],
    ['both fail, the second first', [1, 0], ['EIO', 'ENOSPC'], ['refused 2', 'refused 3']],
  ])('[CAP1] [CAP3] [CAP4] %s: what it took away is refused, and what comes then goes on without gap', async (_, order, ends, expected) => {
    const { held, append, answers, endAll, reopen, journal } = await openBusy()
    const appends = [append(2)]
    await until(() => held.length === 1)
    appends.push(append(3))
    await until(() => held.length === 2)
    const both = held.splice(0)
    for (const [index, which] of order.entries()) {
      both[which]?.(ends[index] ?? 'well')
      for (let turns = 0; turns < 40; turns += 1) await Promise.resolve()
    }
    await endAll(Promise.all(appends))
    expect(answers).toEqual(expected)
    expect(journal.writable()).toBe(false)
    const captured = expected.filter((answer) => answer.startsWith('captured')).map((answer) => Number(answer.split(' ')[1]))
    const later = append(4)
    await endAll(later)
    expect(answers.at(-1)).toBe('captured 4')
    expect(await numbersIn(journal)).toEqual([1, ...captured, 4])
    expect(await reopen()).toEqual([1, ...captured, 4])
  })

  it('[CAP1] a batch that cannot be written takes nothing from the one before, which is being synced', async () => {
    const { disk, held, append, answers, endAll, reopen } = await openBusy()
    const appends = [append(2)]
    await until(() => held.length === 1)
    disk.fault = (operation) => (operation === 'write' ? 'EIO' : null)
    appends.push(append(3))
    for (let turns = 0; turns < 100; turns += 1) await Promise.resolve()
    expect(answers).toEqual([])
    disk.fault = () => null
    await endAll(Promise.all(appends))
    expect(answers).toEqual(['captured 2', 'refused 3'])
    expect(await reopen()).toEqual([1, 2])
  })

  it('[JNL3] on a full disk both land with the room of the reserve', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const journal = await open(disk, seededRandom(1), 3_000)
    await journal.append('transaction', payload(1))
    const told: string[] = []
    journal.onStorage(({ kind }) => told.push(kind))
    let syncs = 0
    disk.fault = (operation, path) => (operation === 'sync' && path.endsWith('.jsonl') && ++syncs <= 2 ? 'ENOSPC' : null)
    await Promise.all([2, 3, 4].map((n) => journal.append('transaction', payload(n))))
    expect([syncs > 2, told]).toEqual([true, ['reserve-given-up']])
    expect(await numbersIn(journal)).toEqual([1, 2, 3, 4])
  })

  it('[JNL3] what comes while the reserve is given up follows what it is given up for', async () => {
    const disk = createMemoryDisk(seededRandom(1))
    const journal = await open(disk, seededRandom(1), 3_000)
    await journal.append('transaction', payload(1))
    let syncs = 0
    disk.fault = (operation, path) => (operation === 'sync' && path.endsWith('.jsonl') && ++syncs === 1 ? 'ENOSPC' : null)
    const realOpen = disk.open
    const appends: Promise<TidelineRecord>[] = []
    disk.open = async (path) => {
      if (path.endsWith('reserve')) {
        appends.push(journal.append('transaction', payload(3)))
        for (let turns = 0; turns < 200; turns += 1) await Promise.resolve()
      }
      return realOpen(path)
    }
    appends.push(journal.append('transaction', payload(2)))
    await until(() => appends.length === 2)
    await Promise.all(appends)
    expect(await numbersIn(journal)).toEqual([1, 2, 3])
  })
})

type Move =
  | { kind: 'sell'; size: number }
  | { kind: 'turns'; count: number }
  | { kind: 'faults'; sync: number; write: number; code: 'EIO' | 'ENOSPC' }
  | { kind: 'power cut' }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('sell' as const), size: fc.integer({ min: 0, max: 900 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 25 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('faults' as const), sync: fc.constantFrom(0, 0.2, 0.6), write: fc.constantFrom(0, 0, 0.2) },
      code: fc.constantFrom('EIO' as const, 'ENOSPC' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'power cut' as const }) },
)

const work = { captured: 0, refused: 0, cuts: 0, cutsOverTwo: 0, failedOverTwo: 0 }

const sellUnder = async (moves: readonly Move[], seed: number): Promise<void> => {
  const random = seededRandom(seed)
  const disk = createMemoryDisk(random)
  let chances = { sync: 0, write: 0, code: 'EIO' as 'EIO' | 'ENOSPC' }
  let syncing = 0
  disk.fault = (operation) => {
    if (operation !== 'sync' && operation !== 'write') return null
    const fails = random() < chances[operation]
    if (fails && operation === 'sync' && syncing > 1) work.failedOverTwo += 1
    return fails ? chances.code : null
  }
  const realOpen = disk.open
  disk.open = async (path) => {
    const file = await realOpen(path)
    const sync = (): Promise<void> => {
      syncing += 1
      return file.sync().finally(() => (syncing -= 1))
    }
    return { ...file, sync }
  }
  const sizes: number[] = []
  const captured = new Set<number>()
  /** With the till: not answered, or told to come again. */
  const withTill = new Set<number>()
  let journal = await open(disk, random, 3_000)
  let appends: Promise<void>[] = []

  const hand = (n: number, to: Journal): void => {
    withTill.add(n)
    appends.push(
      to.append('transaction', payload(n, sizes[n])).then(
        () => {
          captured.add(n)
          withTill.delete(n)
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(CannotWrite)
          work.refused += 1
        },
      ),
    )
  }
  const check = async (): Promise<void> => {
    const kept = await numbersIn(journal)
    expect(new Set(kept).size).toBe(kept.length)
    expect([...captured].filter((n) => !kept.includes(n))).toEqual([])
    for (const n of [...withTill].filter((one) => kept.includes(one))) {
      captured.add(n)
      withTill.delete(n)
    }
  }
  const cut = async (): Promise<void> => {
    work.cuts += 1
    if (syncing > 1) work.cutsOverTwo += 1
    disk.powerCut()
    await Promise.all(appends)
    appends = []
    await journal.close().catch(() => undefined)
    chances = { ...chances, sync: 0, write: 0 }
    journal = await open(disk, random, 3_000)
    await check()
  }
  for (const one of moves) {
    if (one.kind === 'sell') hand(sizes.push(one.size) - 1, journal)
    if (one.kind === 'turns') for (let turns = one.count; turns > 0; turns -= 1) await Promise.resolve()
    if (one.kind === 'faults') chances = one
    if (one.kind === 'power cut') await cut()
  }
  await Promise.all(appends)
  chances = { ...chances, sync: 0, write: 0 }
  for (const n of [...withTill]) hand(n, journal)
  await Promise.all(appends)
  await check()
  await cut()
  expect((await numbersIn(journal)).toSorted((a, b) => a - b)).toEqual(sizes.map((_, n) => n))
  work.captured += captured.size
}

describe('batches under way at once, by chance', () => {
  it('[CAP1] [CAP3] [CAP4] [CAP8] what was captured is there once and chained, what was refused comes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 40, maxLength: 80 }), fc.integer(), (moves, seed) => sellUnder(moves, seed)),
      { numRuns: 150 },
    )
    for (const [what, count] of Object.entries(work)) expect([what, count > 20]).toEqual([what, true])
  }, 60_000)
})
