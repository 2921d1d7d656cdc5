/**
 * Money at the ERP's edge: decimal text to integers and back, never through a float.
 * An exact number is `units / 10^digits`; rounding is half to even, as Tryton and most ledgers round.
 */
export interface Decimal {
  units: bigint
  digits: number
}

const pattern = /^([+-]?)(\d{1,18})(?:\.(\d{1,18}))?$/

/** Null for anything but a plain decimal number. */
export const parseDecimal = (text: string): Decimal | null => {
  const match = pattern.exec(text)
  if (!match) return null
  const fraction = match[3] ?? ''
  const magnitude = BigInt(`${match[2]}${fraction}`)
  return { units: match[1] === '-' ? -magnitude : magnitude, digits: fraction.length }
}

/** numerator / denominator, half to even; the denominator is positive. */
export const divideHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const negative = numerator < 0n
  const magnitude = negative ? -numerator : numerator
  const quotient = magnitude / denominator
  const twice = (magnitude % denominator) * 2n
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  const rounded = up ? quotient + 1n : quotient
  return negative ? -rounded : rounded
}

const power = (digits: number): bigint => 10n ** BigInt(digits)

/** The same number with `digits` decimals, rounded where it has more. */
export const rescale = (value: Decimal, digits: number): bigint =>
  digits >= value.digits ? value.units * power(digits - value.digits) : divideHalfEven(value.units, power(value.digits - digits))

/** Text with exactly `digits` decimals. */
export const decimalText = (units: bigint, digits: number): string => {
  const negative = units < 0n
  const padded = (negative ? -units : units).toString().padStart(digits + 1, '0')
  const cut = padded.length - digits
  const text = digits === 0 ? padded : `${padded.slice(0, cut)}.${padded.slice(cut)}`
  return negative ? `-${text}` : text
}

/** Decimals of a currency's minor unit, by ISO 4217: EUR 2, JPY 0, KWD 3. */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

/** Minor units of an amount; null when the text is no amount, is finer than the minor unit, or is beyond exact integers. */
export const toMinor = (text: string, currency: string): number | null => {
  const value = parseDecimal(text)
  if (!value) return null
  const digits = minorDigits(currency)
  const minor = rescale(value, digits)
  if (rescale({ units: minor, digits }, Math.max(digits, value.digits)) !== rescale(value, Math.max(digits, value.digits))) return null
  return Number.isSafeInteger(Number(minor)) ? Number(minor) : null
}

/** Thousandths of a quantity; what is finer is rounded. Throws for what is no number: the caller has parsed it. */
export const toMilli = (text: string): number => {
  const value = parseDecimal(text)
  if (!value) throw new Error(`${text} is no quantity`)
  return Number(rescale(value, 3))
}

export const fromMinor = (minor: number, currency: string): string => decimalText(BigInt(minor), minorDigits(currency))

/** An amount as a person reads it: 12.50 EUR. An ERP's total that could not be read is NaN. */
export const amountText = (minor: number, currency: string): string =>
  Number.isSafeInteger(minor) ? `${fromMinor(minor, currency)} ${currency}` : `an amount that is no whole number of ${currency} coins`
