import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quarantinedItem, reasonOf } from '#sync/capture/captured-item.ts'
import { conflictPayloadSchema, quarantinePayloadSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { canonicalText, type Transaction } from '#sync/contract/transaction.ts'
import { currencySchema, deviceIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { saleOf } from '#test/fixtures/transactions.ts'
import { type Capture, openCapture, type TakeResult } from './capture.ts'
import { CannotWrite, type Journal, openJournal } from './journal/journal.ts'
import { createMemoryDisk, type MemoryDisk, seededRandom } from './journal/memory-disk.ts'
import { sha256 } from './journal/sha256.ts'
import { openQuarantine, type Quarantine } from './quarantine.ts'

const identity = { storeId: storeIdSchema.parse('9'), currency: currencySchema.parse('USD'), timeZone: 'UTC' }
const deviceId = deviceIdSchema.parse('dev-aaaaaaaaaaaa')

interface Store {
  disk: MemoryDisk
  journal: Journal
  quarantine: Quarantine
  capture: Capture
}

const openStore = async (disk = createMemoryDisk(seededRandom(1))): Promise<Store> => {
  const journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), lock: async () => async () => undefined })
  const quarantine = await openQuarantine('/q', disk)
  return { disk, journal, quarantine, capture: await openCapture({ journal, quarantine, identity }) }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const take = (capture: Capture, content: unknown): Promise<TakeResult[]> =>
  capture.take({ bytes: typeof content === 'string' ? bytes(content) : bytes(JSON.stringify(content)), source: 'test' })
const outcomes = (results: readonly TakeResult[]): string[] => results.map((r) => r.outcome)
const recordsOf = (journal: Journal): Promise<TidelineRecord[]> => journal.read(0, 100_000)
const altered = (sale: Transaction): Transaction => ({ ...sale, operatorId: 'somebody else' })

describe('capture', () => {
  it('[CAP7] a fault with more to say than a record holds is kept all the same, and the sale beside it is taken', async () => {
    const { capture, journal } = await openStore()
    const loud = reasonOf('INVALID', '\u0001'.repeat(1_000), '\u0001'.repeat(300))
    const fault = quarantinedItem(
      Array.from({ length: 50 }, () => loud),
      '\u0001'.repeat(9_000),
      'here',
    )
    const [sale] = await capture.read({ bytes: bytes(JSON.stringify(saleOf(1))), source: 'test' })
    if (!sale) throw new Error('no sale was read')
    expect(outcomes(await capture.takeItems([fault, sale], { source: 'test' }))).toEqual(['quarantined', 'captured'])
    expect(outcomes(await capture.takeItems([fault], { source: 'test' }))).toEqual(['quarantined'])
    expect((await recordsOf(journal)).map(({ kind }) => kind).toSorted()).toEqual(['quarantine', 'transaction'])
  })

  it('[CAP5] known transactions that come again are looked up many to one read, and tills come in between', async () => {
    const { disk, capture, journal } = await openStore()
    const many = JSON.stringify(Array.from({ length: 1_000 }, (_, n) => saleOf(n)))
    await take(capture, many)
    let opened = 0
    disk.fault = (operation, path) => {
      if (operation === 'open' && path.endsWith('.jsonl')) opened += 1
      return null
    }
    let finished = false
    const again = take(capture, many).then((results) => {
      finished = true
      return results
    })
    let between = 0
    for (; !finished; between += 1) {
      await take(capture, saleOf(10_000 + between))
      await setImmediate()
    }
    expect(new Set(outcomes(await again))).toEqual(new Set(['duplicate']))
    expect(opened).toBeLessThan(30)
    expect(between).toBeGreaterThan(20)
    expect(await recordsOf(journal)).toHaveLength(1_000 + between)
  })

  it('[CAP5] [JNL1] a look-up among neighbours finds each record of its own number, whatever was appended or pruned meanwhile', async () => {
    const disk = createMemoryDisk(seededRandom(3))
    const lock = async () => async (): Promise<void> => undefined
    const journal = await openJournal({ dir: '/j', deviceId, disk, random: seededRandom(1), segmentBytes: 60_000, lock })
    const random = seededRandom(7)
    for (let seq = 0, step = 0; step < 2_000; step += 1) {
      if (random() < 0.6 || seq === 0)
        seq = (await journal.append('transaction', JSON.stringify({ n: seq + 1, x: 'x'.repeat(step % 300) }))).seq
      else {
        const wanted = 1 + Math.floor(random() * seq)
        const [record] = await journal.read(wanted - 1, 1)
        expect([record?.seq, JSON.parse(record?.payload ?? '{}').n]).toEqual([wanted, wanted])
      }
    }
    journal.acknowledge(journal.incarnation, 800)
    await journal.prune({ today: '2026-01-31', days: 30, maxBytes: 1e9, isUrgent: true })
    const [first] = await journal.read(0, 1)
    expect(first?.seq).toBeGreaterThan(1)
  })

  it('[CAP5] a large document lets smaller ones in between, and is taken in its order', async () => {
    const { capture, journal } = await openStore()
    const many = Array.from({ length: 2_000 }, (_, n) => saleOf(n))
    for (const document of [
      JSON.stringify(many),
      poslogDocument(many.map((sale) => ({ ...sale, workstationId: '77' as Transaction['workstationId'] }))),
    ]) {
      let finished = false
      const large = take(capture, document).then((results) => {
        finished = true
        return results
      })
      let between = 0
      for (; !finished; between += 1) {
        await take(capture, { ...saleOf(10_000 + between), workstationId: String(document.length) })
        await setImmediate()
      }
      expect(new Set(outcomes(await large))).toEqual(new Set(['captured']))
      expect(between).toBeGreaterThan(5)
    }
    const numbers = (await recordsOf(journal)).map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber).filter((n) => n < 10_000)
    expect(numbers).toEqual([...many, ...many].map((sale) => sale.sequenceNumber))
  })

  it('[CAP5] the same key with the same content is a duplicate, now and after a restart', async () => {
    const first = await openStore()
    const [captured] = await take(first.capture, saleOf(1))
    expect(captured).toMatchObject({ outcome: 'captured' })
    expect(await take(first.capture, poslogDocument([saleOf(1)]))).toEqual([{ outcome: 'duplicate', recordId: captured?.recordId }])
    first.disk.powerCut()
    const second = await openStore(first.disk)
    expect(await take(second.capture, saleOf(1))).toEqual([{ outcome: 'duplicate', recordId: captured?.recordId }])
    expect(await recordsOf(second.journal)).toHaveLength(1)
  })

  it('[CAP6] the same key with other content is a conflict: both kept, and once only', async () => {
    const first = await openStore()
    const [captured] = await take(first.capture, saleOf(1))
    const [conflict] = await take(first.capture, altered(saleOf(1)))
    expect(conflict).toMatchObject({ outcome: 'conflict', firstRecordId: captured?.recordId })
    expect(await take(first.capture, altered(saleOf(1)))).toEqual([conflict])
    const second = await openStore(first.disk)
    expect(await take(second.capture, altered(saleOf(1)))).toEqual([conflict])
    expect(outcomes(await take(second.capture, saleOf(1)))).toEqual(['duplicate'])
    const records = await recordsOf(second.journal)
    expect(records.map((r) => r.kind)).toEqual(['transaction', 'conflict'])
    expect(conflictPayloadSchema.parse(JSON.parse(records[1]?.payload ?? '')).transaction).toEqual(altered(saleOf(1)))
  })

  it('[CAP7] quarantines whole, with reasons, under one id for one content', async () => {
    const first = await openStore()
    const input = '{"storeId": 9,'
    const [kept] = await take(first.capture, input)
    expect(kept).toMatchObject({ outcome: 'quarantined', reasons: [{ code: 'MALFORMED' }] })
    expect(await take(first.capture, input)).toEqual([kept])
    first.disk.powerCut()
    const second = await openStore(first.disk)
    expect(await take(second.capture, input)).toEqual([kept])
    const [record] = await recordsOf(second.journal)
    const payload = quarantinePayloadSchema.parse(JSON.parse(record?.payload ?? ''))
    expect(payload).toMatchObject({ contentHash: sha256(input), sizeBytes: input.length, source: 'test', excerpt: input })
    expect(await second.quarantine.read(payload.contentHash)).toEqual(bytes(input))
  })

  it('[CAP19] truncated UTF-8 and unknown encodings are quarantined byte for byte; declared Latin-1 is read', async () => {
    const { capture, quarantine } = await openStore()
    const cut = bytes(JSON.stringify(saleOf(1, { operatorId: 'x' })).replace('"Tea"', '"Té')).slice(0, -1)
    const half = new Uint8Array([...bytes('{"a":"'), 0xc3])
    const unheardOf = Buffer.from(
      poslogDocument([saleOf(1)])
        .replace('UTF-8', 'x-nothing')
        .replace('Tea', 'Th\u00e9'),
      'latin1',
    )
    for (const input of [half, new Uint8Array(unheardOf)]) {
      const results = await capture.take({ bytes: input, source: 'test' })
      const unreadable = { code: 'INVALID', message: 'a character is not valid in the encoding of the document' }
      expect(results).toMatchObject([{ outcome: 'quarantined', reasons: expect.arrayContaining([expect.objectContaining(unreadable)]) }])
      expect(await quarantine.read(sha256(input))).toEqual(input)
    }
    expect(cut.length).toBeGreaterThan(0)
    const latin = Buffer.from(
      poslogDocument([saleOf(2)])
        .replace('UTF-8', 'ISO-8859-1')
        .replace('Tea', 'Th\u00e9'),
      'latin1',
    )
    expect(await capture.take({ bytes: latin, source: 'test' })).toMatchObject([{ outcome: 'captured' }])
  })

  it('[CAP11] a transaction too large for a record is quarantined', async () => {
    const { capture } = await openStore()
    const extensions = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`x${i}`, 'y'.repeat(100_000)]))
    expect(await take(capture, [saleOf(1, { extensions }), saleOf(2)])).toMatchObject([
      { outcome: 'quarantined', reasons: [{ code: 'TOO_LARGE' }] },
      { outcome: 'captured' },
    ])
  })

  it('[CAP1] answers a duplicate only when its original is durable', async () => {
    const { capture, disk } = await openStore()
    disk.fault = (operation) => (operation === 'sync' ? 'EIO' : null)
    const both = await Promise.allSettled([take(capture, saleOf(1)), take(capture, saleOf(1))])
    expect(both.map((one) => one.status === 'rejected' && one.reason instanceof CannotWrite)).toEqual([true, true])
    disk.fault = () => null
    expect(outcomes(await take(capture, saleOf(1)))).toEqual(['captured'])
  })

  it('[CAP1] what is quarantined is durable before it is answered', async () => {
    const { capture, disk, journal } = await openStore()
    disk.fault = (operation, path) => (operation === 'sync' && path.startsWith('/q') ? 'ENOSPC' : null)
    await expect(take(capture, '{')).rejects.toBeInstanceOf(CannotWrite)
    expect(await recordsOf(journal)).toEqual([])
    disk.fault = () => null
    expect(outcomes(await take(capture, '{'))).toEqual(['quarantined'])
  })

  it('[CAP3] keeps the order of a document, and takes it in few syncs', async () => {
    const { capture, disk, journal } = await openStore()
    let syncs = 0
    disk.fault = (operation) => {
      if (operation === 'sync') syncs += 1
      return null
    }
    await take(
      capture,
      Array.from({ length: 200 }, (_, i) => saleOf(i)),
    )
    const records = await recordsOf(journal)
    expect(records.map((r) => (JSON.parse(r.payload) as Transaction).sequenceNumber)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    expect(syncs).toBeLessThan(5)
  })

  it('[CAP9] what is only read leaves no trace', async () => {
    const { capture, journal, disk } = await openStore()
    const text = poslogDocument([saleOf(1), saleOf(2)])
    for (const read of [text.slice(0, -20), text]) await capture.read({ bytes: bytes(read), source: 'test' })
    expect(await recordsOf(journal)).toEqual([])
    expect(disk.paths.filter((path) => path.startsWith('/q'))).toEqual([])
  })

  it('[CAP5] [CAP6] any mix of repeats and alterations, at once, leaves one transaction a key and one conflict a content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ n: fc.integer({ min: 1, max: 4 }), version: fc.integer({ min: 0, max: 2 }), wait: fc.boolean(), fail: fc.boolean() }),
          { maxLength: 40 },
        ),
        async (posts) => {
          const { capture, journal, disk } = await openStore()
          const firstOf = new Map<number, string>()
          const pending: Promise<unknown>[] = []
          for (const { n, version, wait, fail } of posts) {
            disk.fault = (operation) => (fail && operation === 'sync' ? 'EIO' : null)
            const sale = saleOf(n, { operatorId: `version ${version}` })
            const taking = take(capture, sale).then(
              ([result]) => {
                if (result?.outcome === 'captured') {
                  expect(firstOf.has(n)).toBe(false)
                  firstOf.set(n, canonicalText(sale))
                }
                if (result?.outcome === 'duplicate') expect(firstOf.get(n)).toBe(canonicalText(sale))
                if (result?.outcome === 'conflict') expect(firstOf.get(n)).not.toBe(canonicalText(sale))
              },
              (error: unknown) => expect(error).toBeInstanceOf(CannotWrite),
            )
            pending.push(taking)
            if (wait) await taking
          }
          await Promise.all(pending)
          const records = await recordsOf(journal)
          const contents = records.map((r) =>
            r.kind === 'conflict' ? canonicalText(conflictPayloadSchema.parse(JSON.parse(r.payload)).transaction) : r.payload,
          )
          expect(new Set(contents).size).toBe(contents.length)
          expect(
            records
              .filter((r) => r.kind === 'transaction')
              .map((r) => r.payload)
              .sort(),
          ).toEqual([...firstOf.values()].sort())
        },
      ),
      { numRuns: 60 },
    )
  })
})
