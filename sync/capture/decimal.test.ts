import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalFromInteger, extendMinor, microFromPercent, milliFromDecimal, minorFromDecimal } from './decimal.ts'

describe('decimal text', () => {
  it.each([
    ['12.30', 2, 1230],
    ['12.3', 2, 1230],
    ['-0.19', 2, -19],
    ['+5', 2, 500],
    ['.5', 2, 50],
    ['1.', 2, 100],
    [' 21 ', 2, 2100],
    ['100', 0, 100],
    ['100.000', 0, 100],
    ['1.234', 3, 1234],
    ['-0.00', 2, 0],
    ['0.29', 2, 29],
    ['1.2300000', 2, 123],
  ])('[CAP10] %s with %i digits is %i', (text, digits, value) => {
    expect(minorFromDecimal(text, digits)).toEqual({ ok: true, value })
  })

  it.each(['', ' ', '.', '1,50', '1e3', '0x10', 'NaN', 'Infinity', '1.2.3', '--1', '1 000', '٣', '1'.repeat(61)])(
    '[CAP10] "%s" is no money',
    (text) => {
      expect(minorFromDecimal(text, 2).ok).toBe(false)
    },
  )

  it('[CAP10] [CAP17] refuses money finer than its currency, and more than fits exactly', () => {
    expect(minorFromDecimal('1.005', 2)).toEqual({ ok: false, message: 'more than 2 decimals' })
    expect(minorFromDecimal('0.5', 0)).toEqual({ ok: false, message: 'more than 0 decimals' })
    expect(minorFromDecimal('99999999999999.99', 2)).toEqual({ ok: false, message: 'too large' })
  })

  it('[CAP10] [CAP17] rounds quantities half away from zero', () => {
    expect(milliFromDecimal('0.4205')).toEqual({ ok: true, value: 421 })
    expect(milliFromDecimal('0.42049')).toEqual({ ok: true, value: 420 })
    expect(milliFromDecimal('-0.4205')).toEqual({ ok: true, value: -421 })
    expect(milliFromDecimal('-0.0004')).toEqual({ ok: true, value: 0 })
    expect(microFromPercent('25')).toEqual({ ok: true, value: 250_000 })
  })

  it('[CAP10] reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }), fc.constantFrom(0, 2, 3, 4), (value, digits) => {
        expect(minorFromDecimal(decimalFromInteger(value, digits), digits)).toEqual({ ok: true, value: value + 0 === 0 ? 0 : value })
      }),
    )
  })

  it('[CAP10] multiplies exactly', () => {
    expect(extendMinor(299, 420)).toBe(126)
    expect(extendMinor(1, 500)).toBe(1)
    expect(extendMinor(-1, 500)).toBe(-1)
    expect(extendMinor(9_999_999_999, 1_001)).toBe(10_009_999_999)
  })
})
