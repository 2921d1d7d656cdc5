/** Money for reading: integer minor units shown with the currency's own number of digits. Integer arithmetic alone, by text. */
import { locale } from './messages.ts'

const formats = new Map<string, Intl.NumberFormat>()

const formatOf = (currency: string): Intl.NumberFormat => {
  const known = formats.get(currency)
  if (known) return known
  const created = new Intl.NumberFormat(locale, { style: 'currency', currency })
  formats.set(currency, created)
  return created
}

const decimalText = (minor: number, digits: number): `${number}` => {
  const padded = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = padded.slice(0, padded.length - digits)
  const text = digits === 0 ? whole : `${whole}.${padded.slice(-digits)}`
  return `${minor < 0 ? '-' : ''}${text}` as `${number}`
}

export const formatMoney = (minor: number, currency: string): string => {
  const format = formatOf(currency)
  return format.format(decimalText(minor, format.resolvedOptions().maximumFractionDigits ?? 2))
}
