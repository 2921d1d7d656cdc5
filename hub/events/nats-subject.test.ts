import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { subjectOf, subjectToken, textOfToken } from './nats-subject.ts'

it('[AVL26] a store and an item are one token each, whatever their numbers hold, and can be read back', () => {
  expect(subjectOf({ storeId: 'S1', itemId: 'MILK-1L' })).toBe('tideline.availability.S1.MILK-1L')
  expect(subjectOf({ storeId: 'S.1', itemId: 'a b*>=é' })).toBe('tideline.availability.S=2E1.a=20b=2A=3E=3D=C3=A9')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      expect(subjectToken(text)).toMatch(/^[A-Za-z0-9_=-]+$/)
      expect(textOfToken(subjectToken(text))).toBe(text)
    }),
  )
})
