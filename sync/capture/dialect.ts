/**
 * What a till dialect is: it recognises a document by its beginning, and reads it in chunks, so that a document may be larger than
 * memory. A reader never throws for what a till may send; over the whole document it gives at least one item.
 */
import type { CapturedItem, CaptureHints } from './captured-item.ts'

/** Content types and file names of tills are often wrong: the text decides first. */
export interface DocumentHead {
  /** Up to the first 64,000 characters, without byte order mark and leading white space. */
  text: string
  contentType: string
  fileName: string
}

export interface DialectReader {
  /** The items that became whole with this chunk. Chunks may be cut anywhere, also inside a surrogate pair. */
  write(chunk: string): CapturedItem[]
  /** Nothing more comes: the rest, with what is wrong with an unfinished end. */
  end(): CapturedItem[]
}

export interface Dialect {
  name: string
  recognises(head: DocumentHead, hints: CaptureHints): boolean
  open(hints: CaptureHints): DialectReader
}

/** For a format that cannot be read before its end is there. */
export const wholeDocument = (read: (text: string) => Iterator<void, CapturedItem[]>): DialectReader => {
  let text = ''
  return {
    write: (chunk) => {
      text += chunk
      return []
    },
    end: () => {
      const reading = read(text)
      for (;;) {
        const step = reading.next()
        if (step.done) return step.value
      }
    },
  }
}
