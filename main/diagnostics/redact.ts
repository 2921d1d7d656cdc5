/**
 * Makes text fit to leave the store. Not by looking for what must not go, which never finds all of it, but by letting through what is
 * known to be harmless: words of the program's own log, numbers too short to be anybody's, a few marks between them. All else is ‹…›.
 */
import { instantSchema } from '#sync/contract/vocabulary.ts'
import { knownWords } from './known-words.ts'

const hidden = '‹…›'
const longestNumber = 5
const longestMarks = 3
const deepest = 4
const mostEntries = 40
const mostCharacters = 4_000

/** A number with all that may part its digits, a word, or what is between. */
const tokens = /\p{N}(?:[\p{N}\s.,:;/+()_-]*\p{N})?|\p{L}[\p{L}\p{N}\p{M}]*|[^\p{L}\p{N}]+/gu
const partsOfWord = /\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})/gu
const harmlessMarks = /[^ .,:;()'"’“”–—/_=?!-]/g

const isKnown = (word: string): boolean => {
  if (knownWords.has(word.toLowerCase())) return true
  const parts = word.match(partsOfWord) ?? []
  return parts.length > 1 && parts.join('') === word && parts.every((part) => knownWords.has(part.toLowerCase()))
}

const redactToken = (token: string): string => {
  if (/^\p{N}/u.test(token)) return token.length <= longestNumber && /^[0-9.,:]+$/.test(token) ? token : hidden
  if (/^\p{L}/u.test(token)) return isKnown(token) ? token : hidden
  return token.replace(harmlessMarks, ' ').slice(0, longestMarks)
}

export const redactText = (text: string): string =>
  (text.slice(0, mostCharacters).match(tokens) ?? [])
    .map(redactToken)
    .join('')
    .replace(/‹…›(?:[^\p{L}\p{N}‹]*‹…›)+/gu, hidden)

/** Numbers under these words are counts and sizes, however long. */
const measures = new Set([
  'seq',
  'bytes',
  'ms',
  'records',
  'record',
  'count',
  'port',
  'limit',
  'total',
  'size',
  'pid',
  'checkpoint',
  'after',
  'through',
])
const isMeasure = (key: string): boolean => measures.has((key.match(partsOfWord) ?? []).at(-1)?.toLowerCase() ?? '')

const redactNumber = (value: number, key: string): number | string =>
  isMeasure(key) || String(value).length <= longestNumber ? value : hidden

/** Of whatever a log line carries. */
export const redactValue = (value: unknown, key = '', depth = 0): unknown => {
  if (typeof value === 'number') return redactNumber(value, key)
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object' || depth === deepest) return hidden
  if (Array.isArray(value)) return value.slice(0, mostEntries).map((entry) => redactValue(entry, key, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, mostEntries)
      .map(([name, entry]) => [redactText(name), redactValue(entry, name, depth + 1)]),
  )
}

const instantOf = (value: unknown): string | null => instantSchema.safeParse(value).data ?? null

/** One line of the agent's log, JSON as it was written. */
export const redactLogLine = (line: string): unknown => {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { level: 0, message: hidden }
    const { level, time, msg, pid: _pid, ...fields } = parsed as Record<string, unknown>
    const told = redactValue(fields) as Record<string, unknown>
    return {
      ...{ time: instantOf(time), level: redactValue(level), message: redactValue(msg ?? '') },
      ...(Object.keys(told).length > 0 ? { fields: told } : {}),
    }
  } catch {
    return { level: 0, message: hidden }
  }
}
