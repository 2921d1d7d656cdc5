/** All bytes of a body at once to text, as the streaming decoder reads them; and the first characters of what is not read at all. */
import { isUtf8 } from 'node:buffer'
import { createTextDecoder, encodingFor, type HeadHints } from './text-decoder.ts'

export const decodeInput = (bytes: Uint8Array, hints: HeadHints = {}): string => {
  // Nearly every body: one that has no doubtful character needs none of the care.
  const { name, markBytes } = encodingFor(bytes, hints)
  if (name === 'utf-8' && isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', markBytes)
  const decoder = createTextDecoder(hints)
  return decoder.write(bytes) + decoder.end()
}

/** The first characters, whatever the bytes are. */
export const decodeExcerpt = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes.subarray(0, 2_000))
