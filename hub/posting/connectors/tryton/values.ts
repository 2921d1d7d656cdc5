/** Tryton's JSON values: decimals, dates and times carry their class; a date-time is UTC with microseconds. */
import { z } from 'zod'
import type { BusinessDay } from '#sync/contract/vocabulary.ts'

export const decimalSchema = z
  .strictObject({ __class__: z.literal('Decimal'), decimal: z.string().max(60) })
  .transform((value) => plain(value.decimal))

/** Python writes some decimals with an exponent (0E-12, 1E+2). */
const plain = (text: string): string => {
  const match = /^(-?)(\d+)(?:\.(\d+))?E([+-]?\d{1,3})$/i.exec(text)
  if (!match) return text
  const fraction = match[3] ?? ''
  const digits = `${match[2]}${fraction}`
  const point = digits.length - fraction.length + Number(match[4])
  if (point <= 0) return `${match[1]}0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length ? `${match[1]}${digits.padEnd(point, '0')}` : `${match[1]}${digits.slice(0, point)}.${digits.slice(point)}`
}

export const toDecimal = (text: string) => ({ __class__: 'Decimal', decimal: text }) as const

export const toDate = (day: BusinessDay) => {
  const [year, month, date] = day.split('-').map(Number)
  return { __class__: 'date', year, month, day: date } as const
}

const two = (value: number): string => String(value).padStart(2, '0')

/** Text that sorts as the moments do: 2026-01-31T08:15:00.123456. */
export const momentSchema = z
  .object({
    __class__: z.literal('datetime'),
    year: z.int(),
    month: z.int(),
    day: z.int(),
    hour: z.int(),
    minute: z.int(),
    second: z.int(),
    microsecond: z.int(),
  })
  .transform(
    (m) =>
      `${m.year}-${two(m.month)}-${two(m.day)}T${two(m.hour)}:${two(m.minute)}:${two(m.second)}.${String(m.microsecond).padStart(6, '0')}`,
  )

/** Null when the text is no moment of ours. `backMs` earlier, to the millisecond. */
export const toMoment = (text: string, backMs: number) => {
  const at = new Date(Date.parse(`${text.slice(0, 23)}Z`) - backMs)
  if (Number.isNaN(at.getTime())) return null
  return {
    __class__: 'datetime',
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    microsecond: at.getUTCMilliseconds() * 1000,
  } as const
}

/** On SQLite some booleans come as 0 and 1. */
export const booleanSchema = z.union([z.boolean(), z.literal(0).transform(() => false), z.literal(1).transform(() => true)])

export const idSchema = z.int().min(1)
