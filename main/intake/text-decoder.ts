/**
 * The bytes of a till's document to text, in chunks cut anywhere. What is no character in the document's encoding becomes the unreadable
 * mark, which later costs its own transaction and no other; a replacement character that the document itself has stays one.
 */
import type { CaptureHints } from '#sync/capture/captured-item.ts'
import { mappingFor } from '#sync/capture/delimited/applies.ts'
import { unreadableMark } from '#sync/capture/unreadable.ts'
import { type Encoding, encodingOf, headBytes } from './encoding.ts'
import { createUtf16Decoder } from './utf16-decoder.ts'

export type HeadHints = Pick<CaptureHints, 'contentType' | 'fileName' | 'mappings'>

/** Gives the text that became whole with each chunk. */
export interface TextDecoding {
  write(bytes: Uint8Array): string
  end(): string
}

export interface StreamDecoder extends TextDecoding {
  /** Known from the first kilobyte on. */
  encoding(): string | undefined
}

/** Of a document that begins so, by its first kilobyte. An encoding that nobody knows is read as UTF-8. */
export const encodingFor = (bytes: Uint8Array, hints: HeadHints): Encoding => {
  const { name, markBytes } = encodingOf(bytes.subarray(0, headBytes), mappingFor(hints)?.encoding)
  return name === 'utf-8' ? { name, markBytes } : { name: nameOf(name), markBytes }
}

export const createTextDecoder = (hints: HeadHints): StreamDecoder => {
  let head: Uint8Array = new Uint8Array()
  let name: string | undefined
  let inner: TextDecoding | undefined

  const begin = (): string => {
    const encoding = encodingFor(head, hints)
    name = encoding.name
    inner = decoderOf(name)
    const bytes = head.subarray(encoding.markBytes)
    head = new Uint8Array()
    return inner.write(bytes)
  }
  return {
    encoding: () => name,
    write: (bytes) => {
      if (inner) return inner.write(bytes)
      head = Buffer.concat([head, bytes])
      return head.length >= headBytes ? begin() : ''
    },
    end: () => {
      const text = inner ? '' : begin()
      return text + (inner?.end() ?? '')
    },
  }
}

/** By the standard's name for it. */
const nameOf = (label: string): string => {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return 'utf-8'
  }
}

const decoderOf = (name: string): TextDecoding => {
  if (name === 'utf-16le' || name === 'utf-16be') return createUtf16Decoder(name === 'utf-16be')
  return name === 'utf-8' ? createUtf8Decoder() : createTableDecoder(name)
}

/** No byte of these encodings means the replacement character. */
const createTableDecoder = (name: string): TextDecoding => {
  const decoder = new TextDecoder(name)
  return {
    write: (bytes) => decoder.decode(bytes, { stream: true }).replaceAll('\ufffd', unreadableMark),
    end: () => decoder.decode().replaceAll('\ufffd', unreadableMark),
  }
}

const replacement = [0xef, 0xbf, 0xbd] as const

const createUtf8Decoder = (): TextDecoding => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let held: Uint8Array = new Uint8Array()

  const marked = (bytes: Uint8Array, stream: boolean): string => {
    const text = decoder.decode(bytes, { stream })
    return text.includes('\ufffd') ? text.replaceAll('\ufffd', unreadableMark) : text
  }
  /** The three bytes of a written replacement character always begin anew: what they end unfinished was invalid. */
  const decodeAround = (bytes: Buffer): string => {
    let text = ''
    let at = 0
    for (let next = bytes.indexOf(written); next >= 0; next = bytes.indexOf(written, at)) {
      text += marked(bytes.subarray(at, next), true) + marked(bytes.subarray(next, next + 3), true).slice(0, -1) + '\ufffd'
      at = next + 3
    }
    return text + marked(bytes.subarray(at), true)
  }
  return {
    write: (bytes) => {
      const whole = held.length > 0 ? Buffer.concat([held, bytes]) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const keep = begunReplacement(whole)
      held = Uint8Array.from(whole.subarray(whole.length - keep))
      return decodeAround(whole.subarray(0, whole.length - keep))
    },
    end: () => marked(held, false),
  }
}

const written = Buffer.from(replacement)

const begunReplacement = (bytes: Uint8Array): number => {
  if (bytes.at(-1) === replacement[0]) return 1
  return bytes.at(-2) === replacement[0] && bytes.at(-1) === replacement[1] ? 2 : 0
}
