import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf, mixBits, mixHash, noBits } from './digest.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const plainDigest = (hashes: readonly string[]): string =>
  hashes
    .reduce((sum, one) => sum ^ BigInt(`0x${one.slice(0, 16)}`), 0n)
    .toString(16)
    .padStart(16, '0')
const digest = (hashes: readonly string[]): string => digestOf(hashes.reduce(mixHash, noBits))

describe('digest', () => {
  it('[TRN22] is the exclusive or of the first eight bytes, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map(hash)), fc.nat(), (hashes, cut) => {
        const at = cut % (hashes.length + 1)
        const turned = [...hashes.slice(at), ...hashes.slice(0, at)]
        const inTwo = digestOf(mixBits(hashes.slice(0, at).reduce(mixHash, noBits), hashes.slice(at).reduce(mixHash, noBits)))
        expect([digest(hashes), digest(turned), inTwo]).toEqual(Array(3).fill(plainDigest(hashes)))
      }),
    )
  })
  it('[TRN22] of nothing is sixteen zeros, and differs when one hash does', () => {
    expect(digest([])).toBe('0'.repeat(16))
    expect(digest([hash('a'), hash('b')])).not.toBe(digest([hash('a'), hash('c')]))
  })
})
