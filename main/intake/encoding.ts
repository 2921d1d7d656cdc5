/**
 * Which encoding a document is in, by its first bytes: its byte order mark, else the zero bytes of UTF-16 markup, else its XML
 * declaration, else what its mapping says, else UTF-8.
 */
const declaration = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/

/** A declaration stands within these. */
export const headBytes = 1_024

/** `markBytes`: the length of the byte order mark. */
export interface Encoding {
  name: string
  markBytes: number
}

export const encodingOf = (head: Uint8Array, mapped: string | undefined): Encoding => {
  const [a, b, c, d] = head
  if (a === 0xff && b === 0xfe) return { name: 'utf-16le', markBytes: 2 }
  if (a === 0xfe && b === 0xff) return { name: 'utf-16be', markBytes: 2 }
  if (a === 0xef && b === 0xbb && c === 0xbf) return { name: 'utf-8', markBytes: 3 }
  if (a !== 0 && b === 0 && c !== 0 && d === 0 && isMarkup(a)) return { name: 'utf-16le', markBytes: 0 }
  if (a === 0 && b !== 0 && c === 0 && d !== 0 && isMarkup(b)) return { name: 'utf-16be', markBytes: 0 }
  return { name: declared(head) ?? mapped ?? 'utf-8', markBytes: 0 }
}

/** What XML or JSON begins with. */
const isMarkup = (byte: number | undefined): boolean => byte === 0x3c || byte === 0x7b || byte === 0x5b || byte === 0x20 || byte === 0x0a

/** White space of single-byte encodings, as `trimStart` knows it. */
const isSpace = (byte: number): boolean => (byte >= 0x09 && byte <= 0x0d) || byte === 0x20 || byte === 0xa0

const declared = (head: Uint8Array): string | undefined => {
  if (head.find((byte) => !isSpace(byte)) !== 0x3c) return undefined
  const stated = declaration.exec(new TextDecoder('latin1').decode(head.subarray(0, headBytes)).trimStart())?.[1]?.toLowerCase()
  // Declared but written byte by byte: whoever wrote "utf-16" there wrote single bytes.
  return stated?.startsWith('utf-16') ? 'utf-8' : stated
}
