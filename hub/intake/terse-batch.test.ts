import { generateKeyPairSync, hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { chainText, genesisHash, recordSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { packedLimits } from '#sync/contract/protocol.ts'
import { chainFrameOf, terseText } from '#sync/contract/terse-batch.ts'
import { sha256Schema } from '#sync/contract/vocabulary.ts'
import { canonicalText } from '#sync/contract/transaction.ts'
import { modelDevice, receipt } from '#test/hub/model-device.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeRecords } from './judge.ts'
import { receiveBatch } from './received-batch.ts'
import { receiveTerseBatch } from './terse-batch.ts'

const sha256 = (text: string): string => hash('sha256', text, 'hex')
const { privateKey } = generateKeyPairSync('ed25519')
const newDevice = () => modelDevice({ deviceId: 'dev-aaaaaaaaaaaa', storeId: 'S1', privateKey })

const terseOf = (records: readonly TidelineRecord[], text = terseText(records)) => ({
  codec: 'deflate-raw' as const,
  bytes: new Uint8Array(deflateRawSync(text)),
  fromSeq: records[0]!.seq,
  count: records.length,
  ...chainFrameOf(records[0]!, records.at(-1)!),
})

const device = newDevice()
for (let n = 1; n <= 12; n++) device.sell(n, { operatorId: 'Käse €' })
const { journal } = device
const some = journal.slice(2, 9)
const good = terseOf(some)

const payload = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 2, maxLength: 60 }),
  fc.json().filter((text) => text.length >= 2),
  fc.constantFrom('\n\n', '[]\n[]', '\u0000\u0000', '\ud83d\ude00\ud83d\ude00', '\u001f\u001e'),
)

describe('a terse batch', () => {
  it('[TRN13] [HUB9] is the batch that its records make in full, with the same judgements, whatever they hold', async () => {
    const kind = fc.constantFrom(...recordSchema.shape.kind.options)
    const records = fc.array(fc.record({ kind, payload, isSale: fc.boolean() }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(records, fc.nat(19), async (made, skipped) => {
        const store = newDevice()
        for (const [n, one] of made.entries()) store.append(one.isSale ? canonicalText(receipt(n + 1)) : one.payload, one.kind)
        const sent = store.journal.slice(Math.min(skipped, store.journal.length - 1))
        const received = await receiveTerseBatch(terseOf(sent))
        const full = receiveBatch({ records: sent })
        if (received.outcome !== 'received' || full.outcome !== 'received') throw new Error(received.outcome)
        expect(received.records).toEqual(full.records)
        for (const head of [sent[0]!.previousHash, genesisHash])
          expect(judgeRecords(received.records, head, 'S1', sha256, received.hashes)).toEqual(
            judgeRecords(full.records, head, 'S1', sha256),
          )
      }),
    )
  })

  it('[TRN7] [TRN12] keeps a record of a kind, or with a time, that this hub does not know, and those around it', async () => {
    for (const change of [{ kind: 'later' }, { capturedAt: 'noon' }] as object[]) {
      const odd = newDevice()
      const [sale, second] = [odd.sell(1), { ...odd.append('{"b":2}'), ...change } as TidelineRecord]
      const third = { ...sale, seq: 3, previousHash: sha256Schema.parse(sha256(chainText(second))) }
      const full = receiveBatch({ records: [sale, second, third] })
      expect(await receiveTerseBatch(terseOf([sale, second, third]))).toEqual(full)
      expect(full).toMatchObject({ outcome: 'received', records: [sale, { seq: 2, flaw: expect.any(String) }, third] })
    }
  })

  it('[HUB9] is not taken where any of its records is another than the store holds', async () => {
    const spoilt = fc.record({ at: fc.nat(some.length - 1), text: payload })
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ at, text }) => {
        const altered = some.map((record, index) => (index === at ? { ...record, payload: text } : record))
        expect(await receiveTerseBatch(terseOf(altered))).toMatchObject({ outcome: 'unproven' })
      }),
    )
    // A fork, and not merely a link that was damaged at rest: those that follow cover the whole record.
    const forked = some.map((record, index) => (index === 0 ? { ...record, previousHash: genesisHash } : record))
    expect(await receiveTerseBatch(terseOf(forked))).toMatchObject({ outcome: 'unproven' })
    expect(await receiveTerseBatch({ ...good, deviceId: 'dev-bbbbbbbbbbbb' })).toMatchObject({ outcome: 'unproven' })
    expect(await receiveTerseBatch({ ...good, fromSeq: 4 })).toMatchObject({ outcome: 'unproven' })
    const later = some.map((record, index) => (index === 2 ? { ...record, capturedAt: '2026-02-01T10:00:01.000Z' } : record))
    expect(await receiveTerseBatch(terseOf(later as TidelineRecord[]))).toMatchObject({ outcome: 'unproven' })
  })

  it('[TRN13] that is not what it says is refused whole', async () => {
    const text = inflateRawSync(good.bytes).toString()
    const wrong: unknown[] = [
      { ...good, count: 6 },
      { ...good, codec: 'gzip' },
      { ...good, bytes: good.bytes.subarray(0, -1) },
      { ...good, bytes: new Uint8Array([...good.bytes, 0]) },
      { ...good, lastPayloadHash: 'x' },
      { ...good, more: 1 },
      terseOf(some, `${text} `),
      terseOf(some, text.slice(0, -1)),
      terseOf(some, text.replace('\n', ' ')),
      terseOf(some, ''),
      terseOf(some, '\n'),
      terseOf(some, `[]\n`),
      terseOf(some, `{}\n`),
      terseOf(some, text.replace('"length":', '"length":-')),
      terseOf(some, text.replace('"length":', '"length":1e9,"x":')),
      null,
    ]
    for (const message of wrong) expect(await receiveTerseBatch(message)).toMatchObject({ outcome: 'unreadable' })
    const bomb = terseOf(some, text.padEnd(packedLimits.maxInflatedBytes + 1))
    expect(bomb.bytes.length).toBeLessThan(10_000)
    expect(await receiveTerseBatch(bomb)).toMatchObject({ outcome: 'unreadable', message: expect.stringContaining('DEFLATE') })
  })

  it('[TRN13] [HUB9] whatever its bytes, gives the records that the store holds or none', async () => {
    const spoilt = fc.tuple(fc.nat(good.bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(spoilt, async ([at, flip]) => {
        const bytes = good.bytes.slice()
        bytes[at] = bytes[at]! ^ flip
        const received = await receiveTerseBatch({ ...good, bytes })
        // What nothing behind it covers yet: when, and as what, the last record was captured; the next batch's link does.
        if (received.outcome === 'received') expect(received.records.slice(0, -1)).toEqual(some.slice(0, -1))
        if (received.outcome === 'received') expect(received.records.at(-1)?.payload).toBe(some.at(-1)?.payload)
      }),
      { numRuns: 500 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string(), async (bytes, text) => {
        expect(await receiveTerseBatch({ ...good, bytes })).toMatchObject({ outcome: 'unreadable' })
        expect((await receiveTerseBatch(terseOf(some, text))).outcome).not.toBe('received')
      }),
    )
  })
})
