import { deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packedLimits } from '#sync/contract/protocol.ts'
import { streamCodec } from '#sync/link/codec.ts'

const packed = (bytes: Uint8Array) => ({ codec: 'deflate-raw', bytes }) as const

describe('packed messages', () => {
  it('[TRN13] come out as they went in, and are plain raw DEFLATE', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 2_000 }).filter((text) => !/\p{Surrogate}/u.test(text)),
        async (text) => {
          const message = await streamCodec.pack(text)
          expect(await streamCodec.unpack(message)).toBe(text)
          expect(inflateRawSync(message.bytes).toString()).toBe(text)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('[TRN13] stop at their bound, and what is not DEFLATE or not UTF-8 is refused', async () => {
    const bomb = deflateRawSync(Buffer.alloc(packedLimits.maxInflatedBytes + 1))
    await expect(streamCodec.unpack(packed(bomb))).rejects.toThrow('grew over')
    await expect(streamCodec.unpack(packed(new Uint8Array([1, 2, 3, 4])))).rejects.toThrow()
    await expect(streamCodec.unpack(packed(deflateRawSync(Buffer.from([0xff, 0xfe, 0xfd]))))).rejects.toThrow()
    await expect(streamCodec.unpack(packed(deflateRawSync('{"records":[]}').subarray(0, 5)))).rejects.toThrow()
  })
})
