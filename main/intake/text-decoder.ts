/** The bytes of a document to text, in chunks cut anywhere: UTF-8, or what its byte order mark or its XML declaration says. */
import type { CaptureHints } from '#sync/capture/captured-item.ts'
import { encodingOf } from './input-text.ts'

export interface StreamDecoder {
  /** The text that became whole with this chunk. */
  write(bytes: Uint8Array): string
  end(): string
}

const headBytes = 1_024

export const createTextDecoder = (_hints: Pick<CaptureHints, 'contentType' | 'fileName'>): StreamDecoder => {
  let head: Uint8Array = new Uint8Array()
  let decoder: TextDecoder | undefined

  const begin = (): string => {
    decoder = decoderOf(encodingOf(head))
    return decoder.decode(head, { stream: true })
  }
  return {
    write: (bytes) => {
      if (decoder) return decoder.decode(bytes, { stream: true })
      head = Buffer.concat([head, bytes])
      return head.length >= headBytes ? begin() : ''
    },
    end: () => {
      const text = decoder ? '' : begin()
      return text + (decoder?.decode() ?? '')
    },
  }
}

const decoderOf = (encoding: string): TextDecoder => {
  try {
    return new TextDecoder(encoding)
  } catch {
    return new TextDecoder('utf-8')
  }
}
