import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { envelopeBytes, wireBytesOf } from './wire-size.ts'

const textEncoder = new TextEncoder()
/** Of the payload inside a JSON message, by writing it. */
const written = (payload: string): number => textEncoder.encode(JSON.stringify(payload)).length - 2

describe('the size of a record on the wire', () => {
  it('[TRN2] is never told too small, whatever the payload; without control characters and broken pairs it is told to the byte', () => {
    const odd = fc
      .array(fc.constantFrom('\u0000', '\n', '"', '\\', 'a', 'é', '€', '\ud83d', '\ude00', '\u007f'))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), odd), (payload) => {
        expect(wireBytesOf({ payload }) - envelopeBytes).toBeGreaterThanOrEqual(written(payload))
      }),
    )
    const usual = fc.array(fc.constantFrom('"', '\\', 'a', '{', '7', ' ')).map((parts) => parts.join(''))
    fc.assert(
      fc.property(usual, fc.constantFrom('', 'é', '€'), (text, more) => {
        const payload = text + more
        expect(wireBytesOf({ payload }) - envelopeBytes).toBe(written(payload))
      }),
    )
  })
})
