/** Batches keep their order whatever packing them costs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { protocol } from '#sync/contract/protocol.ts'
import { messageSince, type UpEvent, type UpRequest } from '#sync/contract/up.ts'
import { deviceIdSchema, incarnationSchema } from '#sync/contract/vocabulary.ts'
import { LinkLost, type Codec } from '#sync/core/ports.ts'
import { MemoryJournal } from '#test/engine/records.ts'
import { promptCodec } from '#test/engine/prompt-codec.ts'
import { createBatchSender, type BatchSenderPorts } from './batch-sender.ts'

const journal = new MemoryJournal()
journal.appendSales(40)

/** A line that remembers what went on it; a hub of the version answers. */
const scriptedLine = (version: number = protocol.version) => {
  const gone: { event: UpEvent; fromSeq: number }[] = []
  let current = 1
  /** The chain of what begins here does not come out. */
  const unproven = new Set<number>()
  const line: BatchSenderPorts['line'] = {
    speaks: (event) => (messageSince[event] ?? 1) <= version,
    lose: () => (current += 1),
    isCurrent: (connection) => connection === current,
    request: (event, request) => {
      const sent = request as UpRequest<'batch'> | UpRequest<'packedBatch'>
      const fromSeq = 'fromSeq' in sent ? sent.fromSeq : (sent.records[0]?.seq ?? 0)
      gone.push({ event, fromSeq })
      const isUnproven = event === 'terseBatch' && unproven.delete(fromSeq)
      if (isUnproven) return Promise.resolve({ outcome: 'refused', code: 'BROKEN_CHAIN', message: 'other hashes' }) as never
      return Promise.resolve({ outcome: 'acknowledged', ackedSeq: fromSeq, verdicts: [] }) as never
    },
  }
  return { gone, line, unproven, end: () => (current += 1) }
}

/** Packs in whatever order it is released, and fails where told. */
const heldCodec = () => {
  const held: { release(): void; fail(): void }[] = []
  const codec: Codec = {
    ...promptCodec,
    pack: (text) =>
      new Promise((resolve, reject) => {
        held.push({ release: () => resolve(promptCodec.pack(text)), fail: () => reject(new Error('no memory')) })
      }),
  }
  return { held, codec }
}
const batch = (seq: number) => journal.records.slice(seq - 1, seq)

describe('batch sender', () => {
  it('[TRN2] [TRN13] batches go in the order in which they were given, in whichever order they are packed', async () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(order, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), async (released, fails) => {
        const { line, gone } = scriptedLine()
        const { held, codec } = heldCodec()
        const sender = createBatchSender({ line, codec, log: () => undefined })
        const answers = [1, 2, 3, 4].map((seq) => sender.send(1, batch(seq)))
        for (const index of released) (fails[index] ? held[index]?.fail : held[index]?.release)?.()
        await Promise.all(answers)
        expect(gone.map((g) => g.fromSeq)).toEqual([1, 2, 3, 4])
        expect(gone.map((g) => g.event)).toEqual(fails.map((failed) => (failed ? 'batch' : 'terseBatch')))
      }),
      { numRuns: 50 },
    )
  })

  it('[TRN10] what was packed for a connection that has ended does not go on the next one', async () => {
    const { line, gone, end } = scriptedLine()
    const { held, codec } = heldCodec()
    const sender = createBatchSender({ line, codec, log: () => undefined })
    const first = sender.send(1, batch(1))
    const second = sender.send(1, batch(2))
    end()
    for (const { release } of held) release()
    await expect(first).rejects.toBeInstanceOf(LinkLost)
    await expect(second).rejects.toBeInstanceOf(LinkLost)
    expect(gone).toEqual([])
  })

  it('[TRN12] [TRN13] goes plain to a hub that does not know better, and when it is too large packed', async () => {
    const old = scriptedLine(2)
    await createBatchSender({ line: old.line, codec: promptCodec, log: () => undefined }).send(1, batch(1))
    expect(old.gone).toEqual([{ event: 'batch', fromSeq: 1 }])
    const before = scriptedLine(3)
    await createBatchSender({ line: before.line, codec: promptCodec, log: () => undefined }).send(1, batch(1))
    expect(before.gone).toEqual([{ event: 'packedBatch', fromSeq: 1 }])
    const { line, gone } = scriptedLine()
    const large: Codec = { ...promptCodec, pack: () => Promise.resolve({ codec: 'deflate-raw', bytes: new Uint8Array(1_000_001) }) }
    const sender = createBatchSender({ line, codec: large, log: () => undefined })
    await sender.send(1, batch(1))
    expect(gone.map((g) => g.event)).toEqual(['batch'])
  })

  it('[HUB9] [TRN13] records whose chain the hub cannot confirm go once more in full, over the next connection; others stay terse', async () => {
    const { line, gone, unproven } = scriptedLine()
    unproven.add(5)
    const sender = createBatchSender({ line, codec: promptCodec, log: () => undefined })
    await sender.send(1, journal.records.slice(0, 4))
    await expect(sender.send(1, journal.records.slice(4, 8))).rejects.toBeInstanceOf(LinkLost)
    expect(line.isCurrent(1)).toBe(false)
    await sender.send(2, journal.records.slice(4, 6))
    await sender.send(2, journal.records.slice(6, 9))
    await sender.send(2, journal.records.slice(9, 12))
    expect(gone.slice(2).map((g) => g.event)).toEqual(['packedBatch', 'packedBatch', 'terseBatch'])
  })

  it('[CAP3] records that do not follow one another in one journal are named one by one', async () => {
    const { line, gone } = scriptedLine()
    const sender = createBatchSender({ line, codec: promptCodec, log: () => undefined })
    const [one, two, three] = [journal.records[0]!, journal.records[1]!, journal.records[2]!]
    await sender.send(1, [one, two])
    await sender.send(1, [one, three])
    await sender.send(1, [one, { ...two, deviceId: deviceIdSchema.parse('dev-zzzzzzzzzzzz') }])
    await sender.send(1, [one, { ...two, incarnation: incarnationSchema.parse('zzzzzzzzzzzz') }])
    expect(gone.map((g) => g.event)).toEqual(['terseBatch', 'packedBatch', 'packedBatch', 'packedBatch'])
  })
})
