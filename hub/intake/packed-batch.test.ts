import { deflateRawSync, deflateSync } from 'node:zlib'
import { packedLimits } from '#sync/contract/protocol.ts'
import { modelDevice } from '#test/hub/model-device.ts'
import { streamCodec } from '#sync/link/codec.ts'
import fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receivePackedBatch } from './packed-batch.ts'

const device = modelDevice({ deviceId: 'dev-aaaaaaaaaaaa', storeId: 'S1', privateKey: generateKeyPairSync('ed25519').privateKey })
for (let n = 1; n <= 12; n++) device.append(JSON.stringify({ note: 'Käse, 2 €', n }))
const { journal } = device

const packedAs = (text: string | Buffer, fromSeq: number, count: number) => ({
  codec: 'deflate-raw',
  bytes: new Uint8Array(deflateRawSync(text)),
  fromSeq,
  count,
})
const batchText = (from: number, to: number): string => JSON.stringify({ records: journal.slice(from - 1, to) })
const good = packedAs(batchText(3, 9), 3, 7)

describe('a packed batch', () => {
  it('[TRN13] is the batch that was packed, whoever packed it', async () => {
    expect(await receivePackedBatch(good)).toEqual({ outcome: 'received', records: journal.slice(2, 9) })
    const packed = await streamCodec.pack(batchText(1, 12))
    expect(await receivePackedBatch({ ...packed, fromSeq: 1, count: 12 })).toEqual({ outcome: 'received', records: journal })
    // As Socket.IO gives it.
    expect(await receivePackedBatch({ ...good, bytes: Buffer.from(good.bytes) })).toMatchObject({ outcome: 'received' })
  })

  it('[TRN13] that is not what it says is refused whole', async () => {
    const wrong: unknown[] = [
      { ...good, count: 6 },
      { ...good, fromSeq: 2 },
      { ...good, codec: 'gzip' },
      { ...good, bytes: new Uint8Array(deflateSync(batchText(3, 9))) },
      { ...good, bytes: good.bytes.subarray(0, -1) },
      { ...good, bytes: new Uint8Array([...good.bytes, 0]) },
      { ...good, bytes: [...good.bytes] },
      { ...good, bytes: new Uint8Array(packedLimits.maxBytes + 1) },
      packedAs('{"records":[]}', 1, 1),
      packedAs('{"records":', 1, 1),
      packedAs(Buffer.from([0x22, 0xff, 0x22]), 1, 1),
      packedAs(JSON.stringify(journal.slice(0, 2)), 1, 2),
      null,
    ]
    for (const message of wrong) expect((await receivePackedBatch(message)).outcome).toBe('unreadable')
  })

  it('[TRN13] does not grow over its bound', async () => {
    const bomb = packedAs(Buffer.alloc(packedLimits.maxInflatedBytes + 1, 0x20), 1, 1)
    expect(bomb.bytes.length).toBeLessThan(10_000)
    expect(await receivePackedBatch(bomb)).toMatchObject({ outcome: 'unreadable', message: expect.stringContaining('DEFLATE') })
    const padded = Buffer.alloc(packedLimits.maxInflatedBytes, 0x20)
    padded.write(batchText(1, 1))
    expect(await receivePackedBatch(packedAs(padded, 1, 1))).toMatchObject({ outcome: 'received' })
  })

  it('[TRN13] whatever its bytes, is answered', async () => {
    const spoiled = fc.tuple(fc.nat(good.bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(spoiled, async ([at, flip]) => {
        const bytes = good.bytes.slice()
        bytes[at] = bytes[at]! ^ flip
        const received = await receivePackedBatch({ ...good, bytes })
        if (received.outcome === 'received') expect(received.records.map(({ seq }) => seq)).toHaveLength(7)
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        async (bytes) => void expect(await receivePackedBatch({ ...good, bytes })).toMatchObject({ outcome: 'unreadable' }),
      ),
    )
  })
})
