/**
 * A digest of a set of hashes: the exclusive or of the first 8 bytes of each, held as two halves of 32 bits, because numbers hold no 64.
 * Putting a hash in again takes it out.
 */
import { type Digest, digestSchema } from '../contract/vocabulary.ts'

export interface DigestBits {
  readonly high: number
  readonly low: number
}

export const noBits: DigestBits = { high: 0, low: 0 }

export const mixBits = (a: DigestBits, b: DigestBits): DigestBits => ({ high: a.high ^ b.high, low: a.low ^ b.low })

/** Of a hash in hex, such as a record's `payloadHash`. */
export const mixHash = (bits: DigestBits, hash: string): DigestBits => ({
  high: bits.high ^ Number.parseInt(hash.slice(0, 8), 16),
  low: bits.low ^ Number.parseInt(hash.slice(8, 16), 16),
})

const hexOf = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')

export const digestOf = ({ high, low }: DigestBits): Digest => digestSchema.parse(hexOf(high) + hexOf(low))
