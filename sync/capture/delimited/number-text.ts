/** A number as a file writes it to plain decimal text: "1.234,50-" to "-1234.50". Null where the separators stand in the wrong places. */
import type { DelimitedMapping } from './mapping.ts'

export type NumberStyle = Pick<DelimitedMapping, 'decimal' | 'thousands'>

const longest = 60

export const plainNumber = (text: string, { decimal, thousands }: NumberStyle): string | null => {
  const trimmed = text.replace(/[\u00a0\u202f]/g, ' ').trim()
  if (trimmed.length > longest) return null
  const sign = /^-|-$/.test(trimmed) ? '-' : ''
  const unsigned = trimmed.replace(/^[+-]\s*|\s*[+-]$/, '')
  const parts = unsigned.split(decimal)
  const whole = ungrouped(parts[0] ?? '', thousands)
  if (parts.length > 2 || whole === null || !/^\d*$/.test(whole + (parts[1] ?? '')) || whole + (parts[1] ?? '') === '') return null
  return `${sign}${whole === '' ? '0' : whole}${parts[1] === undefined ? '' : `.${parts[1]}`}`
}

/** "1.234" with a thousands dot is 1234; "12.50" is a decimal point that the mapping does not know of, and no number. */
const ungrouped = (whole: string, thousands: string): string | null => {
  if (thousands === '' || !whole.includes(thousands)) return whole
  const [first = '', ...groups] = whole.split(thousands)
  return first.length >= 1 && first.length <= 3 && groups.every((group) => group.length === 3) ? first + groups.join('') : null
}
