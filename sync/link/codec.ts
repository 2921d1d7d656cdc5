/**
 * Packs text as the contract says (sync/contract/packed.ts), with what browsers and Node have alike. Unpacking stops at the bound:
 * a message must not grow to fill the memory.
 */
import type { Packed } from '#sync/contract/packed.ts'
import { packedLimits } from '#sync/contract/protocol.ts'
import type { Codec } from '#sync/core/ports.ts'

const streamOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    },
  })

const joined = async (stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length
    if (length > maxBytes) {
      await reader.cancel()
      throw new Error(`a compressed message grew over ${maxBytes} bytes`)
    }
    chunks.push(next.value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

const pack = async (text: string): Promise<Packed> => {
  const packed = streamOf(new TextEncoder().encode(text)).pipeThrough(new CompressionStream('deflate-raw'))
  return { codec: 'deflate-raw', bytes: await joined(packed, Number.MAX_SAFE_INTEGER) }
}

const unpack = async ({ bytes }: Packed): Promise<string> => {
  const plain = streamOf(new Uint8Array(bytes)).pipeThrough(new DecompressionStream('deflate-raw'))
  return new TextDecoder('utf-8', { fatal: true }).decode(await joined(plain, packedLimits.maxInflatedBytes))
}

export const streamCodec: Codec = { pack, unpack }
