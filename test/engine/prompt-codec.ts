/** Packs in the same turn: on a clock that a test moves, waiting for real threads would count as time. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { packedLimits } from '#sync/contract/protocol.ts'
import type { Codec } from '#sync/core/ports.ts'

export const promptCodec: Codec = {
  pack: (text) => Promise.resolve({ codec: 'deflate-raw', bytes: new Uint8Array(deflateRawSync(text)) }),
  unpack: ({ bytes }) => Promise.resolve(inflateRawSync(bytes, { maxOutputLength: packedLimits.maxInflatedBytes }).toString()),
}
