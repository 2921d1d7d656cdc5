/**
 * Barcodes that a scale prints, which hold a weight or a price beside the article [IDN2]. Each retailer lays them out its own way, written
 * as 13 characters:  28IIIIIWWWWWC  ·  02IIIIIVPPPPC
 *
 *   digits as they stand   I article   W weight in thousandths   P price in minor units   V check digit of the value (GS1)   X any digit
 *   C check digit of the whole
 *
 * A barcode of 12 digits is read with its leading zero, one of 14 without. Pure.
 */
import { checkDigitOf, hasCheckDigit } from './gtin.ts'
import { valueCheckDigit } from './value-check-digit.ts'

export interface ScalePattern {
  layout: string
  /** The digits that the layout begins with: of two patterns that fit, the longer one is meant. */
  prefix: string
}

export interface ScaleReading {
  /** Prefix and article digits: what a mapping of kind `scale` names. */
  article: string
  holds: 'weight' | 'price'
  /** Thousandths of the unit, or minor units of money. */
  value: number
  /** The barcode of the same article with a value of zero, as masters often list it. */
  listedAs: string
}

export type PatternReading = { outcome: 'pattern'; pattern: ScalePattern } | { outcome: 'refused'; reason: string }

export const readPattern = (layout: string): PatternReading => {
  const refused = (reason: string): PatternReading => ({ outcome: 'refused', reason: `layout “${layout}”: ${reason}` })
  if (!/^[0-9IWPVXC]{13}$/.test(layout)) return refused('13 characters of 0–9, I, W, P, V, X and C')
  const prefix = /^\d*/.exec(layout)?.[0] ?? ''
  if (!/^(02|2\d)/.test(prefix)) return refused('in-store barcodes begin with 02 or 20 to 29')
  if (!/^[^I]*I+[^I]*$/.test(layout)) return refused('the article’s digits (I) stand in one piece')
  if (!/^[^WP]*(W+|P+)[^WP]*$/.test(layout)) return refused('one value in one piece: a weight (W) or a price (P)')
  if (!/^[^C]*[CX]$/.test(layout)) return refused('the last digit is the check digit (C), or unchecked (X)')
  if (!/^[^V]*V?[^V]*$/.test(layout)) return refused('a value has one check digit (V)')
  if (layout.includes('V') && !/^[^WP]*(W{4,5}|P{4,5})[^WP]*$/.test(layout))
    return refused('a check digit (V) goes with a value of 4 or 5 digits')
  return { outcome: 'pattern', pattern: { layout, prefix } }
}

const digitsAt = (layout: string, sign: RegExp, text: string): string => [...text].filter((_, at) => sign.test(layout[at] ?? '')).join('')

const fits = ({ layout }: ScalePattern, text: string): boolean => {
  if (![...layout].every((sign, at) => !/\d/.test(sign) || sign === text[at])) return false
  if (layout.endsWith('C') && !hasCheckDigit(text)) return false
  return !layout.includes('V') || digitsAt(layout, /V/, text) === String(valueCheckDigit(digitsAt(layout, /[WP]/, text)))
}

/** The barcode for an article's digits and a value. */
export const writeScaleBarcode = ({ layout }: ScalePattern, articleDigits: string, value: number): string => {
  const valueDigits = String(value).padStart(layout.replaceAll(/[^WP]/g, '').length, '0')
  const fill: Record<string, string[]> = { I: [...articleDigits], W: [...valueDigits], P: [...valueDigits] }
  const body = [...layout.slice(0, -1)].map((sign) => {
    if (sign === 'V') return String(valueCheckDigit(valueDigits))
    return /\d/.test(sign) ? sign : (fill[sign]?.shift() ?? '0')
  })
  return `${body.join('')}${layout.endsWith('C') ? checkDigitOf(body.join('')) : 0}`
}

/** What a scanned barcode holds by the pattern with the longest prefix that fits; undefined when none does. */
export const readScaleBarcode = (text: string, patterns: readonly ScalePattern[]): ScaleReading | undefined => {
  const digits = /^0\d{13}$/.test(text) ? text.slice(1) : text.length === 12 ? `0${text}` : text
  if (!/^\d{13}$/.test(digits)) return undefined
  const [pattern] = patterns.filter((each) => fits(each, digits)).toSorted((a, b) => b.prefix.length - a.prefix.length)
  if (!pattern) return undefined
  const articleDigits = digitsAt(pattern.layout, /I/, digits)
  return {
    article: `${pattern.prefix}${articleDigits}`,
    holds: pattern.layout.includes('W') ? 'weight' : 'price',
    value: Number(digitsAt(pattern.layout, /[WP]/, digits)),
    listedAs: writeScaleBarcode(pattern, articleDigits, 0),
  }
}
