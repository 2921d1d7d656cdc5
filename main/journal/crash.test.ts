/** Power cuts and disk faults at every step: what was answered is there, in order, once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainText, genesisHash, recordSchema } from '#sync/contract/record.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { CannotWrite, type Journal, openJournal } from './journal.ts'
import { createMemoryDisk, seededRandom } from './memory-disk.ts'
import { sha256 } from './sha256.ts'

const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')

type Step =
  | { kind: 'append'; count: number; size: number; wait: boolean }
  | { kind: 'power cut' }
  | { kind: 'renew'; wait: boolean }
  | { kind: 'reopen' }
  | { kind: 'faults'; chance: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 5 }),
      size: fc.integer({ min: 0, max: 900 }),
      wait: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'power cut' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), wait: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('faults' as const), chance: fc.constantFrom(0, 0.1, 0.4) }) },
)

const expectChain = async (journal: Journal): Promise<number[]> => {
  let previous: string = genesisHash
  const records = await journal.read(0, 100_000)
  for (const [index, record] of records.entries()) {
    recordSchema.parse(record)
    expect(record.seq).toBe(index + 1)
    expect(record.previousHash).toBe(previous)
    previous = sha256(chainText(record))
  }
  return records.map((record) => (JSON.parse(record.payload) as { n: number }).n)
}

/** How much real work the runs did: a property that never crashes anything proves nothing. */
const work = { answered: 0, refused: 0, cuts: 0, tornTails: 0, renewed: 0, notRenewed: 0 }

const run = async (steps: readonly Step[], seed: number): Promise<void> => {
  const random = seededRandom(seed)
  const disk = createMemoryDisk(random)
  let chance = 0
  disk.fault = (operation) => {
    if (chance === 0 || random() >= chance) return null
    if (operation === 'write' && random() < 0.5) return 'short'
    return random() < 0.5 ? 'EIO' : 'ENOSPC'
  }
  let day = 0
  const nowIso = (): string => new Date(day * 86_400_000).toISOString()
  const open = (): Promise<Journal> =>
    openJournal({ dir: '/j', deviceId, disk, random, nowIso, lock: async () => async () => undefined, segmentBytes: 2_000 })
  const openAtLast = async (): Promise<Journal> => {
    chance = 0
    const opened = await open()
    if (opened.recovery.kind === 'torn-tail') work.tornTails += 1
    return opened
  }

  const answered: number[] = []
  let n = 0
  let journal = await openAtLast()
  const check = async (): Promise<void> => {
    const kept = await expectChain(journal)
    expect(new Set(kept).size).toBe(kept.length)
    expect(kept.filter((one) => answered.includes(one))).toEqual([...answered].sort((a, b) => a - b))
  }
  for (const one of steps) {
    if (one.kind === 'faults') chance = one.chance
    if (one.kind === 'append') {
      const appends = Array.from({ length: one.count }, () => {
        n += 1
        const number = n
        return journal.append('transaction', JSON.stringify({ n: number, fill: 'x'.repeat(one.size) })).then(
          () => answered.push(number),
          (error: unknown) => {
            expect(error).toBeInstanceOf(CannotWrite)
            work.refused += 1
          },
        )
      })
      if (one.wait) await Promise.all(appends)
      // The next step comes somewhere between the write and its sync.
      else for (let ticks = Math.floor(random() * 30); ticks > 0; ticks -= 1) await Promise.resolve()
    }
    if (one.kind === 'renew') {
      day += 1
      const before = journal.incarnation
      const renewal = journal.renew(before, 'test').then(({ outcome }) => {
        if (outcome === 'begun') work.renewed += 1
        else work.notRenewed += 1
      })
      if (one.wait) await renewal
      else for (let ticks = Math.floor(random() * 200); ticks > 0; ticks -= 1) await Promise.resolve()
    }
    if (one.kind === 'power cut') {
      work.cuts += 1
      disk.powerCut()
      await journal.close().catch(() => undefined)
      journal = await openAtLast()
      await check()
    }
    if (one.kind === 'reopen') {
      await journal.close()
      journal = await openAtLast()
      await check()
    }
  }
  chance = 0
  await journal.close()
  disk.powerCut()
  journal = await openAtLast()
  await check()
  work.answered += answered.length
}

describe('journal under power cuts and faults', () => {
  it('[CAP1] [CAP3] [CAP4] [CAP8] never loses, doubles or reorders an answered record', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer(), (steps, seed) => run(steps, seed)),
      { numRuns: 300 },
    )
    expect(work.answered).toBeGreaterThan(1_000)
    for (const count of [work.refused, work.cuts, work.tornTails, work.renewed, work.notRenewed]) expect(count).toBeGreaterThan(0)
  }, 60_000)
})
