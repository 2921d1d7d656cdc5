/** Bytes of a till to text: UTF-8, or what a byte order mark or the XML declaration says. Invalid sequences are refused, never replaced. */

export type InputText = { ok: true; text: string } | { ok: false; message: string; excerpt: string }

const declared = /^<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/

export const decodeInput = (bytes: Uint8Array): InputText => {
  const encoding = encodingOf(bytes)
  try {
    return { ok: true, text: new TextDecoder(encoding, { fatal: true }).decode(bytes) }
  } catch (error) {
    const message = error instanceof RangeError ? `the encoding "${encoding}" is not known` : `not valid ${encoding}`
    return { ok: false, message, excerpt: decodeExcerpt(bytes) }
  }
}

export const encodingOf = (bytes: Uint8Array): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const head = new TextDecoder('latin1')
    .decode(bytes.subarray(0, 200))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()
  const stated = declared.exec(head)?.[1]?.toLowerCase() ?? 'utf-8'
  // Declared but written byte by byte: whoever wrote "utf-16" there wrote single bytes.
  return stated.startsWith('utf-16') ? 'utf-8' : stated
}

/** The first characters, whatever the bytes are. */
export const decodeExcerpt = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes.subarray(0, 2_000))
