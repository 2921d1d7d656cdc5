/**
 * The power cut at every single disk operation of a scripted day, with several lucks each. Afterwards every answer that was given
 * holds: its record is there under the identity that was told, with its content. And when the tills repeat the day, all of it is there once.
 */
import { describe, expect, it } from 'vitest'
import { type Capture, openCapture, type TakeInput, type TakeResult } from '#main/capture.ts'
import { CannotWrite, type Journal, openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { sha256 } from '#main/journal/sha256.ts'
import { openQuarantine, type Quarantine } from '#main/quarantine.ts'
import { conflictPayloadSchema, quarantinePayloadSchema, recordIdOf, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, transactionSchema } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from './fixtures/poslog-text.ts'
import { saleOf } from './fixtures/transactions.ts'

const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }
const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')
const lucks = [1, 2, 3]

const inputOf = (text: string): TakeInput => ({ bytes: Buffer.from(text), source: 'test' })
const json = (content: unknown): TakeInput => inputOf(JSON.stringify(content))

/** Inputs of one row arrive together, rows one after the other. */
const day: readonly (readonly TakeInput[])[] = [
  [json(saleOf(1))],
  [json(saleOf(2)), json(saleOf(2)), json(saleOf(3))],
  [json(saleOf(1)), json(saleOf(1, { operatorId: '8' }))],
  [inputOf('not a sale at all')],
  [inputOf(poslogDocument([saleOf(4), saleOf(5), saleOf(3), saleOf(6)])), json(saleOf(7))],
  [json([saleOf(8), { half: 'a sale' }, saleOf(9)]), inputOf('not a sale at all')],
  [json(saleOf(1, { operatorId: '8' })), json(saleOf(9, { operatorId: '8' }))],
  [json(saleOf(10)), json(saleOf(11)), json(saleOf(12))],
]

interface Store {
  journal: Journal
  quarantine: Quarantine
  capture: Capture
}

const openStore = async (disk: MemoryDisk, random: () => number): Promise<Store> => {
  const journal = await openJournal({ dir: '/j', deviceId, disk, random, segmentBytes: 4_000, lock: async () => async () => undefined })
  const quarantine = await openQuarantine('/q', disk)
  return { journal, quarantine, capture: await openCapture({ journal, quarantine, identity }) }
}

interface Answered {
  input: TakeInput
  results: TakeResult[]
}

const isPowerLoss = (error: unknown): boolean => error instanceof CannotWrite || (error instanceof Error && /EIO|EBADF/.test(error.message))

/** Ends where the power does; returns what was answered until then. */
const liveThrough = async (capture: Capture, isDead: () => boolean): Promise<Answered[]> => {
  const answered: Answered[] = []
  for (const row of day) {
    const takes = row.map(async (input) => {
      const results = await capture.take(input)
      if (!isDead()) answered.push({ input, results })
    })
    for (const one of await Promise.allSettled(takes)) if (one.status === 'rejected' && !isPowerLoss(one.reason)) throw one.reason
    if (isDead()) break
  }
  return answered
}

/** What a record is about: equal for two records that must not both be there. */
const subjectOf = (record: TidelineRecord): string => {
  const payload: unknown = JSON.parse(record.payload)
  if (record.kind === 'transaction') return `transaction ${canonicalText(transactionSchema.parse(payload))}`
  if (record.kind === 'conflict') return `conflict ${canonicalText(conflictPayloadSchema.parse(payload).transaction)}`
  const { contentHash, reasons } = quarantinePayloadSchema.parse(payload)
  return `quarantine ${contentHash} ${reasons[0]?.where ?? ''}`
}

/** Of each input of the day, what its answers are about. */
type Subjects = ReadonlyMap<TakeInput, readonly string[]>

const subjectsOf = async ({ journal }: Store, answered: readonly Answered[]): Promise<Subjects> => {
  const records = new Map((await journal.read(0, 1_000)).map((record) => [recordIdOf(record), subjectOf(record)]))
  return new Map(
    answered.map(({ input, results }) => [input, results.map(({ recordId }) => records.get(recordId) ?? `${recordId} is lost`)]),
  )
}

/** A write that was torn with a hole in it looks like damage: a new life has the same records under other numbers. */
const expectKept = async (store: Store, answered: readonly Answered[], subjects: Subjects): Promise<void> => {
  const isRenumbered = store.journal.recovery.kind === 'new-life'
  const held = await inOrder(store.journal)
  for (const [input, byNumber] of await subjectsOf(store, answered)) {
    const expected = subjects.get(input) ?? []
    const found = isRenumbered ? expected.filter((subject) => held.includes(subject)) : byNumber
    expect(found).toEqual(expected)
    if (found.some((subject) => subject.startsWith('quarantine')))
      expect(Buffer.from((await store.quarantine.read(sha256(input.bytes))) ?? [])).toEqual(Buffer.from(input.bytes))
  }
}

const inOrder = (journal: Journal): Promise<string[]> => journal.read(0, 1_000).then((records) => records.map(subjectOf).sort())

/** The day without a power cut: what it must come to, whatever happens. */
const calmDay = async (): Promise<{ subjects: Subjects; whole: string[] }> => {
  const random = seededRandom(1)
  const store = await openStore(createMemoryDisk(random), random)
  const subjects = await subjectsOf(store, await liveThrough(store.capture, () => false))
  return { subjects, whole: await inOrder(store.journal) }
}

/** Cuts the power before operation number `cutAt`. `reached` is false when the day ended before. */
const runDay = async (cutAt: number, luck: number, { subjects, whole }: Awaited<ReturnType<typeof calmDay>>) => {
  const random = seededRandom(luck)
  const disk = createMemoryDisk(random)
  let operations = 0
  let dead = false
  disk.fault = () => {
    operations += 1
    if (operations === cutAt) {
      disk.powerCut()
      dead = true
    }
    return dead ? 'EIO' : null
  }
  const answered: Answered[] = []
  try {
    const store = await openStore(disk, random)
    answered.push(...(await liveThrough(store.capture, () => dead)))
    await store.journal.close()
  } catch (error) {
    if (!isPowerLoss(error)) throw error
  }
  disk.fault = () => null
  const reached = dead
  if (!reached) disk.powerCut()
  dead = false
  const again = await openStore(disk, random)
  await expectKept(again, answered, subjects)
  await liveThrough(again.capture, () => false)
  expect(await inOrder(again.journal)).toEqual(whole)
  const recovery = again.journal.recovery.kind
  await again.journal.close()
  return { reached, recovery, answers: answered.flatMap(({ results }) => results).length }
}

describe('capture under a power cut at every disk operation', () => {
  it('[CAP1] [CAP5] [CAP6] [CAP7] [CAP8] holds every answer, and the repeated day is there once', async () => {
    const calm = await calmDay()
    expect(calm.whole.filter((subject) => subject.startsWith('transaction'))).toHaveLength(12)
    expect(new Set(calm.whole).size).toBe(calm.whole.length)
    const work = { cuts: 0, tornTails: 0, answers: 0 }
    for (const luck of lucks) {
      for (let cutAt = 1, reached = true; reached; cutAt += 1) {
        const run = await runDay(cutAt, luck, calm)
        reached = run.reached
        work.cuts += 1
        work.answers += run.answers
        if (run.recovery === 'torn-tail') work.tornTails += 1
      }
    }
    expect(work.cuts).toBeGreaterThan(lucks.length * 40)
    expect(work.answers).toBeGreaterThan(1_000)
    expect(work.tornTails).toBeGreaterThan(5)
  }, 60_000)
})
