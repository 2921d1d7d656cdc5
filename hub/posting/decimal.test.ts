import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountText, decimalText, divideHalfEven, fromMinor, minorDigits, parseDecimal, toMinor } from './decimal.ts'

describe('decimal text', () => {
  it('[HUB4] minor units survive the trip through text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
        expect(toMinor(fromMinor(minor, currency), currency)).toBe(minor)
      }),
    )
  })

  it('[HUB4] half goes to the even neighbour, on both sides of zero', () => {
    const rounded = [-25n, -15n, -5n, 5n, 15n, 25n, 26n, -26n].map((n) => divideHalfEven(n, 10n))
    expect(rounded).toEqual([-2n, -2n, 0n, 0n, 2n, 2n, 3n, -3n])
  })

  it('[HUB4] refuses what is no exact amount', () => {
    for (const text of ['', '1,5', '1e3', 'NaN', '0x10', '1.', '.5', '1.005', '12345678901234567890'])
      expect(toMinor(text, 'EUR')).toBeNull()
    expect(toMinor('1.500', 'EUR')).toBe(150)
    expect(toMinor('-0.01', 'EUR')).toBe(-1)
    expect(toMinor('0.1', 'JPY')).toBeNull()
  })

  it('[HUB4] knows the decimals of currencies and writes amounts', () => {
    expect([minorDigits('EUR'), minorDigits('JPY'), minorDigits('KWD')]).toEqual([2, 0, 3])
    expect(amountText(-5, 'EUR')).toBe('-0.05 EUR')
    expect(decimalText(12_345n, 4)).toBe('1.2345')
    expect(parseDecimal('-1.50')).toEqual({ units: -150n, digits: 2 })
  })
})
