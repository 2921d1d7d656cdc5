/** Canonical JSON: one transaction, an array of them, `{ "transactions": [...] }`, or one a line. Amounts are integers already. */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import { toCanonical } from '../canonical.ts'
import type { Dialect, DialectReader } from '../dialect.ts'
import { createElementCutter, type Cut } from './element-cutter.ts'

const maxElements = 10_000_000
const maxKept = 4_000_000

export const jsonDialect: Dialect = {
  name: 'json',
  recognises: ({ text, contentType, fileName }) =>
    text === '' || text.startsWith('{') || text.startsWith('[')
      ? text !== ''
      : !text.startsWith('<') && /json/i.test(contentType || fileName),
  open: (hints) => openJson(hints),
}

const openJson = (hints: CaptureHints): DialectReader => {
  const cutter = createElementCutter()
  let count = 0
  /** For a document that turns out to hold nothing. */
  let head = ''

  const readCut = ({ text, line, fault }: Cut): CapturedItem => {
    count += 1
    const where = `transaction ${count}, line ${line}`
    if (fault) return quarantinedItem([reasonOf(fault.code, fault.message, where)], text, where)
    const parsed = parse(text)
    if (!parsed.ok) return quarantinedItem([reasonOf('MALFORMED', `not JSON: ${parsed.message}`, where)], text, where)
    const canonical = toCanonical(parsed.value, hints, where)
    return canonical.ok
      ? { outcome: 'transaction', transaction: canonical.transaction, warnings: [], where }
      : quarantinedItem(canonical.reasons, text, where)
  }
  const readCuts = (cuts: readonly Cut[]): CapturedItem[] => {
    const readable = cuts.slice(0, Math.max(0, maxElements - count))
    const items = readable.map(readCut)
    if (readable.length < cuts.length && count === maxElements) {
      count += 1
      items.push(
        quarantinedItem([reasonOf('INVALID', `more than ${maxElements} transactions: the rest is not read`, 'document')], '', 'document'),
      )
    }
    return items
  }
  return {
    write: (chunk) => {
      if (count === 0 && head.length < maxKept) head += chunk
      return readCuts(cutter.write(chunk))
    },
    end: () => {
      const items = readCuts(cutter.end())
      if (count > 0) return items
      return [quarantinedItem([reasonOf('INVALID', 'the document holds no transaction', 'document')], head, 'document')]
    },
  }
}

const parse = (text: string): { ok: true; value: unknown } | { ok: false; message: string } => {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}
