/**
 * Decimal text to integers and back, exactly: no binary fraction ever holds money or a quantity.
 *
 * Money with more significant decimals than its currency has is refused: no rule of ours may round a till's money.
 * Quantities finer than a thousandth are rounded half away from zero.
 */

export type DecimalResult = { ok: true; value: number } | { ok: false; message: string }

const shape = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))$/
const maxDigits = 15

interface DecimalParts {
  sign: 1 | -1
  whole: string
  /** Without trailing zeros. */
  fraction: string
}

const splitDecimal = (text: string): DecimalParts | null => {
  if (text.length > 60) return null
  const match = shape.exec(text.trim())
  if (!match) return null
  return {
    sign: match[1] === '-' ? -1 : 1,
    whole: (match[2] ?? '').replace(/^0+/, ''),
    fraction: (match[3] ?? match[4] ?? '').replace(/0+$/, ''),
  }
}

/** Plain short decimals, which nearly all are, without taking them apart; undefined leaves it to the long way. */
const shortDecimal = (text: string, digits: number): number | undefined => {
  if (text.length > 13) return undefined
  let value = 0
  let decimals = -1
  const isNegative = text.charCodeAt(0) === 0x2d
  const first = isNegative ? 1 : 0
  for (let at = first; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2e && decimals < 0 && at > first) decimals = 0
    else if (code < 0x30 || code > 0x39) return undefined
    else {
      value = value * 10 + (code - 0x30)
      if (decimals >= 0) decimals += 1
    }
  }
  if (text.length === first || decimals > digits) return undefined
  for (let missing = digits - Math.max(0, decimals); missing > 0; missing -= 1) value *= 10
  return isNegative && value !== 0 ? -value : value
}

/** "12.30" in a currency of two digits is 1230. */
export const minorFromDecimal = (text: string, digits: number): DecimalResult => {
  const short = shortDecimal(text, digits)
  if (short !== undefined) return { ok: true, value: short }
  const parts = splitDecimal(text)
  if (!parts) return { ok: false, message: 'not a decimal number' }
  if (parts.fraction.length > digits) return { ok: false, message: `more than ${digits} decimals` }
  return toInteger(parts.sign, parts.whole + parts.fraction.padEnd(digits, '0'))
}

/** "0.42" is 420 thousandths. */
export const milliFromDecimal = (text: string): DecimalResult => scaledFromDecimal(text, 3)

/** "25" percent is 250000 millionths. */
export const microFromPercent = (text: string): DecimalResult => scaledFromDecimal(text, 4)

const scaledFromDecimal = (text: string, digits: number): DecimalResult => {
  const short = shortDecimal(text, digits)
  if (short !== undefined) return { ok: true, value: short }
  const parts = splitDecimal(text)
  if (!parts) return { ok: false, message: 'not a decimal number' }
  const kept = toInteger(1, parts.whole + parts.fraction.slice(0, digits).padEnd(digits, '0'))
  if (!kept.ok) return kept
  const roundsUp = (parts.fraction[digits] ?? '0') >= '5'
  return { ok: true, value: signed(parts.sign, kept.value + (roundsUp ? 1 : 0)) }
}

const toInteger = (sign: 1 | -1, digits: string): DecimalResult =>
  digits.replace(/^0+/, '').length > maxDigits
    ? { ok: false, message: 'too large' }
    : { ok: true, value: signed(sign, Number(digits || '0')) }

const signed = (sign: 1 | -1, value: number): number => (value === 0 ? 0 : sign * value)

/** 1230 in a currency of two digits is "12.30". */
export const decimalFromInteger = (value: number, digits: number): string => {
  const text = String(Math.abs(value)).padStart(digits + 1, '0')
  const sign = value < 0 ? '-' : ''
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** Unit price times quantity, half away from zero to the minor unit. */
export const extendMinor = (unitPriceMinor: number, quantityMilli: number): number => {
  const product = BigInt(unitPriceMinor) * BigInt(quantityMilli)
  const magnitude = product < 0n ? -product : product
  return signed(product < 0n ? -1 : 1, Number((magnitude + 500n) / 1000n))
}
