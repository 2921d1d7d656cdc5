/** The subject of an event: `tideline.availability.{storeId}.{itemId}`, each a token that NATS takes. Pure, and can be read back. */

export const subjectRoot = 'tideline.availability'

/** Letters, digits, `-` and `_` stay; any other byte is `=` and two hex digits. */
export const subjectToken = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => {
    const letter = String.fromCharCode(byte)
    return /[A-Za-z0-9_-]/.test(letter) ? letter : `=${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }).join('')

export const textOfToken = (token: string): string => {
  const bytes = [...token.matchAll(/=([0-9A-F]{2})|([^=])/g)].map(([, hex, letter]) =>
    hex === undefined ? (letter ?? '').charCodeAt(0) : Number.parseInt(hex, 16),
  )
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

export const subjectOf = ({ storeId, itemId }: { storeId: string; itemId: string }): string =>
  `${subjectRoot}.${subjectToken(storeId)}.${subjectToken(itemId)}`
