/** All bytes of a body at once to text, as the streaming decoder reads them; and the first characters of what is not read at all. */
import { createTextDecoder, type HeadHints } from './text-decoder.ts'

export const decodeInput = (bytes: Uint8Array, hints: HeadHints = {}): string => {
  const decoder = createTextDecoder(hints)
  return decoder.write(bytes) + decoder.end()
}

/** The first characters, whatever the bytes are. */
export const decodeExcerpt = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes.subarray(0, 2_000))
