import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMoney } from './money.ts'

describe('money for reading', () => {
  it.each([
    [123_456, 'EUR', '€1,234.56'],
    [-1_299, 'EUR', '-€12.99'],
    [5, 'EUR', '€0.05'],
    [-5, 'EUR', '-€0.05'],
    [0, 'EUR', '€0.00'],
    [1_500, 'JPY', 'JP¥1,500'],
    [1_500, 'KWD', 'KWD 1.500'],
    [10_000_000_000, 'SEK', 'SEK 100,000,000.00'],
  ])('[CAP10] %i %s is %s: the currency’s own digits, not always two', (minor, currency, text) => {
    expect(formatMoney(minor, currency).replaceAll('\u00a0', ' ')).toBe(text)
  })

  it('[CAP10] loses no unit, at any amount of the contract', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000_000, max: 10_000_000_000 }), fc.constantFrom('EUR', 'JPY', 'KWD'), (minor, currency) => {
        const digits = formatMoney(minor, currency).replace(/[^0-9-]/g, '')
        expect(Number(digits)).toBe(minor)
      }),
    )
  })
})
