/** Dates and times as a file writes them, by a format of tokens (YYYY YY MM M DD D HH H hh h mm ss SSS A Z), to the contract's. */

export interface WrittenTime {
  /** 2026-01-31 */
  date: string
  /** 08:15:00.125 */
  time: string
  /** Z, +02:00, or nothing. */
  offset: string
}

const tokens: Record<string, string> = {
  YYYY: String.raw`(?<year>\d{4})`,
  YY: String.raw`(?<shortYear>\d\d)`,
  MM: String.raw`(?<month>\d\d)`,
  M: String.raw`(?<month>\d\d?)`,
  DD: String.raw`(?<day>\d\d)`,
  D: String.raw`(?<day>\d\d?)`,
  HH: String.raw`(?<hour>\d\d)`,
  H: String.raw`(?<hour>\d\d?)`,
  hh: String.raw`(?<hour>\d\d)`,
  h: String.raw`(?<hour>\d\d?)`,
  mm: String.raw`(?<minute>\d\d)`,
  ss: String.raw`(?<second>\d\d)`,
  SSS: String.raw`(?<fraction>\d{1,9})`,
  A: String.raw`(?<half>[AaPp])\.?[Mm]\.?`,
  Z: String.raw`(?<offset>Z|[+-]\d\d:?\d\d)`,
}
const tokenPattern = /YYYY|YY|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A|Z|[^]/g
const iso =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)? ?(?<offset>Z|[+-]\d\d:?\d\d)?)?$/

/** Null when the text is not of the format. Whether the calendar has such a day is the contract's to say. */
export const readWritten = (text: string, format: string | undefined): WrittenTime | null => {
  const pattern = format === undefined ? iso : patternOf(format)
  const parts = pattern?.exec(text.trim())?.groups
  if (!parts) return null
  const year = parts['year'] ?? (parts['shortYear'] === undefined ? undefined : `20${parts['shortYear']}`)
  const two = (part: string | undefined): string => (part ?? '00').padStart(2, '0')
  const fraction = parts['fraction'] === undefined ? '' : `.${parts['fraction']}`
  return {
    date: year === undefined ? '' : `${year}-${two(parts['month'])}-${two(parts['day'])}`,
    time: `${two(hourOf(parts['hour'], parts['half']))}:${two(parts['minute'])}:${two(parts['second'])}${fraction}`,
    offset: (parts['offset'] ?? '').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2'),
  }
}

const hourOf = (hour: string | undefined, half: string | undefined): string | undefined => {
  if (hour === undefined || half === undefined) return hour
  return String((Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0))
}

const patterns = new Map<string, RegExp | null>()

const patternOf = (format: string): RegExp | null => {
  const known = patterns.get(format)
  if (known !== undefined) return known
  const source = format.replace(tokenPattern, (token) => tokens[token] ?? token.replace(/[\\^$.|?*+()[\]{}]/, '\\$&'))
  const made = compile(source)
  patterns.set(format, made)
  return made
}

/** A format that names one part twice has no pattern. */
const compile = (source: string): RegExp | null => {
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return null
  }
}

export const isFormat = (format: string): boolean => patternOf(format) !== null

/** The business day of a moment by the wall clock, where it begins at that hour: what came before belongs to the day before. */
export const businessDayOf = ({ date, time }: WrittenTime, begins: string): string => {
  if (time.slice(0, 5) >= begins) return date
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const before = new Date(0)
  before.setUTCFullYear(year, month - 1, day - 1)
  return before.toISOString().slice(0, 10)
}
