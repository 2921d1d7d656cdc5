import { describe, expect, it } from 'vitest'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { JournalBusy, openJournal } from './journal.ts'
import { createMemoryDisk, seededRandom } from './memory-disk.ts'

const open = (waiting: { appends: number; characters: number }) =>
  openJournal({
    ...{ dir: '/j', deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'), disk: createMemoryDisk(seededRandom(1)), waiting },
    lock: async () => async () => undefined,
  })

describe('the line before the journal', () => {
  it.each([
    ['entries', { appends: 3, characters: 1_000_000 }],
    ['characters', { appends: 1_000, characters: 30 }],
  ])('[CAP24] is bounded in %s: who finds it full is told to come again, the others are taken', async (_name, bounds) => {
    const journal = await open(bounds)
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => journal.append('transaction', `{"n":${100 + n}}`)))
    const refused = outcomes.filter((one) => one.status === 'rejected')
    expect(refused.length).toBeGreaterThan(10)
    for (const one of refused) expect(one.reason).toBeInstanceOf(JournalBusy)
    expect((await journal.head()).seq).toBe(20 - refused.length)
    expect(journal.writable()).toBe(true)
    await journal.append('transaction', `{"n":"${'x'.repeat(100)}"}`)
  })
})
