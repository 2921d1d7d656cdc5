/** Whatever arrives is taken or quarantined: thousands of mutated samples, none lost, none raising anything else. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openCapture } from '#main/capture.ts'
import { openJournal } from '#main/journal/journal.ts'
import { createMemoryDisk, seededRandom } from '#main/journal/memory-disk.ts'
import { sha256 } from '#main/journal/sha256.ts'
import { openQuarantine } from '#main/quarantine.ts'
import { quarantinePayloadSchema, recordSchema } from '#sync/contract/record.ts'
import { transactionSchema } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from './fixtures/poslog-text.ts'
import { saleOf } from './fixtures/transactions.ts'

const folder = new URL('fixtures/poslog/', import.meta.url)
const samples: Uint8Array[] = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => readFileSync(new URL(name, folder))),
  Buffer.from(poslogDocument([saleOf(1), saleOf(2), saleOf(3)])),
  Buffer.from(JSON.stringify([saleOf(4), saleOf(5)])),
  Buffer.from(JSON.stringify({ transactions: [saleOf(6)] })),
]
const bits = [
  '<',
  '>',
  '&',
  '"',
  ']]>',
  '<!--',
  '-->',
  '<![CDATA[',
  '<!DOCTYPE a>',
  '&lol;',
  '</Transaction>',
  '<Transaction>',
  '-',
  '9'.repeat(30),
  'NaN',
  '\u0000',
  '\ud83d',
  '{',
  '}',
  '[',
  '\\u0000',
  'VoidFlag="true" ',
  '\ufeff',
]

const mutate = (input: Uint8Array, random: () => number): Uint8Array => {
  let bytes = Buffer.from(input)
  const changes = 1 + Math.floor(random() * 4)
  for (let i = 0; i < changes; i += 1) {
    const at = Math.floor(random() * bytes.length)
    const choice = Math.floor(random() * 6)
    if (choice === 0) bytes = bytes.subarray(0, at)
    else if (choice === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 40))])
    else if (choice === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(bits[Math.floor(random() * bits.length)] ?? ''), bytes.subarray(at)])
    else if (choice === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(random() * at), at), bytes.subarray(at)])
    else {
      bytes = Buffer.from(bytes)
      if (bytes.length > 0) bytes[at] = choice === 4 ? Math.floor(random() * 256) : 0x30 + Math.floor(random() * 10)
    }
  }
  return bytes
}

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
    const captures = await Promise.all(
      [
        ['9', 'USD'],
        ['502', 'AED'],
        ['HighStreet', 'USD'],
      ].map(([storeId, currency]) =>
        openCapture({
          journal,
          quarantine,
          identity: { storeId: storeIdSchema.parse(storeId), currency: currencySchema.parse(currency), timeZone: 'UTC' },
        }),
      ),
    )
    const counts: Record<string, number> = {}
    for (let run = 0; run < 3_000; run += 1) {
      const input = mutate(samples[run % samples.length] ?? new Uint8Array(), random)
      const capture = captures[run % samples.length] ?? captures[0]
      const results = (await capture?.take({ bytes: input, source: 'fuzz' })) ?? []
      expect(results.length).toBeGreaterThan(0)
      for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
      if (results.some((r) => r.outcome === 'quarantined'))
        expect(Buffer.from((await quarantine.read(sha256(input))) ?? []).equals(input)).toBe(true)
    }
    // Few keys, many versions: most of what is understood is a duplicate or a conflict.
    for (const [outcome, least] of Object.entries({ captured: 10, duplicate: 50, conflict: 50, quarantined: 1_000 }))
      expect(counts[outcome], outcome).toBeGreaterThan(least)
    const kept = await journal.read(0, 100_000)
    for (const record of kept) {
      recordSchema.parse(record)
      if (record.kind === 'transaction') expect(JSON.stringify(transactionSchema.parse(JSON.parse(record.payload)))).toBe(record.payload)
      if (record.kind === 'quarantine') quarantinePayloadSchema.parse(JSON.parse(record.payload))
    }
  }, 60_000)
})
