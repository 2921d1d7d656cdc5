/** Whatever arrives is taken or quarantined: thousands of mutated samples, none lost, none raising anything else. */
import { describe, expect, it } from 'vitest'
import { openCapture } from '#main/capture.ts'
import { openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { sha256 } from '#main/journal/sha256.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { quarantinePayloadSchema, recordSchema } from '#sync/contract/record.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { deviceIdSchema } from '#sync/contract/vocabulary.ts'
import { readCorpus } from './fuzz/corpus.ts'
import { mutatedInput } from './fuzz/mutation.ts'

const corpus = readCorpus()

describe('any input', () => {
  it('[CAP7] is taken or quarantined, and the journal holds nothing outside the contract', async () => {
    const random = seededRandom(20_260_131)
    const disk = createMemoryDisk(random)
    const journal = await openJournal({
      dir: '/j',
      deviceId: deviceIdSchema.parse('dev-aaaaaaaaaaaa'),
      disk,
      random,
      segmentBytes: 100_000,
      lock: async () => async () => undefined,
    })
    const quarantine = await openQuarantine('/q', disk)
    const captures = new Map(
      await Promise.all(
        corpus.map(async ({ hints }) => [hints.storeId, await openCapture({ journal, quarantine, identity: hints })] as const),
      ),
    )
    const counts: Record<string, number> = {}
    for (let run = 0; run < 500; run += 1) {
      const { bytes: input, hints } = mutatedInput(corpus, 20_260_131, run)
      const results = (await captures.get(hints.storeId)?.take({ bytes: input, source: 'fuzz' })) ?? []
      expect(results.length).toBeGreaterThan(0)
      for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
      if (results.some((r) => r.outcome === 'quarantined'))
        expect(Buffer.from((await quarantine.read(sha256(input))) ?? []).equals(input)).toBe(true)
    }
    // Few keys, many versions: most of what is understood is a duplicate or a conflict.
    for (const [outcome, least] of Object.entries({ captured: 15, duplicate: 100, conflict: 10, quarantined: 300 }))
      expect(counts[outcome], outcome).toBeGreaterThan(least)
    const kept = await journal.read(0, 100_000)
    for (const record of kept) {
      recordSchema.parse(record)
      if (record.kind === 'transaction') expect(JSON.stringify(transactionSchema.parse(JSON.parse(record.payload)))).toBe(record.payload)
      if (record.kind === 'quarantine') quarantinePayloadSchema.parse(JSON.parse(record.payload))
    }
  }, 60_000)
})
