import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBarcode } from './barcode.ts'
import { checkDigitOf, gtinSpellings, isRestricted, readGtin } from './gtin.ts'
import { readPlu } from './plu.ts'
import { readPattern, readScaleBarcode, type ScalePattern, writeScaleBarcode } from './scale-pattern.ts'
import { valueCheckDigit } from './value-check-digit.ts'

const pattern = (layout: string): ScalePattern => {
  const read = readPattern(layout)
  return read.outcome === 'pattern' ? read.pattern : expect.unreachable(read.reason)
}
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const gtinText = fc
  .constantFrom(7, 11, 12, 13)
  .chain(digits)
  .filter((body) => /[1-9]/.test(body))
  .map((body) => `${body}${checkDigitOf(body)}`)

describe('GTIN', () => {
  it('[IDN1] known numbers: Tea, a UPC-A, a GTIN-8 and a case are read; a wrong check digit says the right one', () => {
    expect(readGtin('4006381333931')).toEqual({ outcome: 'gtin', gtin: '04006381333931' })
    expect(readGtin('036000291452')).toEqual({ outcome: 'gtin', gtin: '00036000291452' })
    expect(readGtin('96385074')).toEqual({ outcome: 'gtin', gtin: '00000096385074' })
    expect(readGtin('10614141000415')).toEqual({ outcome: 'gtin', gtin: '10614141000415' })
    expect(readGtin('4006381333932')).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('should end in 1') })
    expect(readGtin('400638133393')).toMatchObject({ outcome: 'refused' })
    expect(readGtin('4006381 33393')).toMatchObject({ outcome: 'refused' })
  })

  it('[IDN1] every spelling of an article reads as the same 14 digits, and as one key', () => {
    fc.assert(
      fc.property(gtinText, (text) => {
        const read = readGtin(text)
        if (read.outcome !== 'gtin') return expect.unreachable(read.reason)
        const spellings = gtinSpellings(read.gtin)
        expect(spellings).toContain(text)
        for (const spelling of spellings) {
          expect(readGtin(spelling)).toEqual(read)
          expect(readBarcode(spelling, []).keys).toEqual([`gtin:${read.gtin}`])
        }
      }),
    )
  })

  it('[IDN1] one digit changed, and any two different neighbours swapped but for those five apart, is refused', () => {
    fc.assert(
      fc.property(gtinText, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, where, by) => {
        const at = where % text.length
        const changed = `${text.slice(0, at)}${(Number(text[at]) + by) % 10}${text.slice(at + 1)}`
        expect(readGtin(changed).outcome).toBe('refused')
        const next = Math.min(at, text.length - 2)
        const [a, b] = [Number(text[next]), Number(text[next + 1])]
        if (a !== b && Math.abs(a - b) !== 5)
          expect(readGtin(`${text.slice(0, next)}${b}${a}${text.slice(next + 2)}`).outcome).toBe('refused')
      }),
    )
  })

  it('[IDN1] in-store numbers are told apart', () => {
    for (const restricted of ['00200000000004', '02912345000000', '00000021234568', '00000001234565'])
      expect(isRestricted(restricted)).toBe(true)
    for (const open of ['04006381333931', '00000096385074', '10614141000415']) expect(isRestricted(open)).toBe(false)
  })
})

it('[IDN1] a PLU code has one form; organic is another article', () => {
  expect(readPlu('4011')).toEqual({ outcome: 'plu', plu: '04011' })
  expect(readPlu('04011')).toEqual({ outcome: 'plu', plu: '04011' })
  expect(readPlu('94011')).toEqual({ outcome: 'plu', plu: '94011' })
  expect(readPlu('84011')).toEqual({ outcome: 'plu', plu: '84011' })
  for (const none of ['401', '14011', '99999', '4O11', '2999', '']) expect(readPlu(none).outcome).toBe('refused')
  expect(readBarcode('4011', []).keys).toEqual(readBarcode('04011', []).keys)
})

describe('barcodes of scales', () => {
  it('[IDN2] the GS1 examples of a value’s check digit', () => {
    expect(valueCheckDigit('2875')).toBe(9)
    expect(valueCheckDigit('14685')).toBe(6)
  })

  const layouts = ['28IIIIIWWWWWC', '02IIIIIVPPPPC', '21IIIIVPPPPPC', '29IIIIIWWWWWX', '2710IIIIWWWWC', '22PPPPPIIIIIC']

  it('[IDN2] what a scale wrote is read back: article, weight or price, whether 12, 13 or 14 digits are scanned', () => {
    fc.assert(
      fc.property(fc.constantFrom(...layouts), digits(5), fc.nat(9999), (layout, article, value) => {
        const one = pattern(layout)
        const own = article.slice(0, layout.replaceAll(/[^I]/g, '').length)
        const text = writeScaleBarcode(one, own, value)
        const read = readScaleBarcode(text, layouts.map(pattern))
        expect(read).toMatchObject({ article: `${one.prefix}${own}`, value, holds: layout.includes('W') ? 'weight' : 'price' })
        expect(readScaleBarcode(`0${text}`, [one])).toEqual(read)
        if (text.startsWith('0')) expect(readScaleBarcode(text.slice(1), [one])).toEqual(read)
        // Whatever it weighs, it is the same article.
        const other = writeScaleBarcode(one, own, 9_999 - value)
        expect(readBarcode(other, [one]).keys[0]).toBe(readBarcode(text, [one]).keys[0])
        expect(readBarcode(text, [one]).spellings).toContain(writeScaleBarcode(one, own, 0))
      }),
    )
  })

  it('[IDN2] a wrong digit is no scale’s barcode; a layout that says nothing is refused with a reason', () => {
    const [weight, price] = [pattern('28IIIIIWWWWWC'), pattern('02IIIIIVPPPPC')]
    const text = writeScaleBarcode(weight, '12345', 1_234)
    for (const by of [1, 3, 7]) expect(readScaleBarcode(`${text.slice(0, -1)}${(Number(text.at(-1)) + by) % 10}`, [weight])).toBeUndefined()
    const valueDigitOff = `020000100288`
    expect(readScaleBarcode(`${valueDigitOff}${checkDigitOf(valueDigitOff)}`, [price])).toBeUndefined()
    for (const layout of [
      '28IIIIIWWWWW',
      '40IIIIIWWWWWC',
      '28IIIIIIIIIIC',
      '28IIWWIIWWWWC',
      '28IIIIWWWPPPC',
      '28IIIIVWWWWWW',
      '28IVIIIWWWWWV',
    ])
      expect(readPattern(layout), layout).toMatchObject({ outcome: 'refused' })
  })
})
