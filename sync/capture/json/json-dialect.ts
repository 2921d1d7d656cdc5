/** Canonical JSON: one transaction, an array of them, or `{ "transactions": [...] }`. Amounts are integers already. */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import { toCanonical } from '../canonical.ts'
import { type Dialect, wholeDocument } from '../dialect.ts'
import { nestingDepth } from './nesting-depth.ts'

const maxDepth = 32
const maxTransactions = 50_000

export const jsonDialect: Dialect = {
  name: 'json',
  recognises: ({ text, contentType, fileName }) =>
    text === '' || text.startsWith('{') || text.startsWith('[')
      ? text !== ''
      : !text.startsWith('<') && /json/i.test(contentType || fileName),
  open: (hints) => wholeDocument((text) => readJson(text, hints)),
}

const readJson = function* (text: string, hints: CaptureHints): Generator<void, CapturedItem[]> {
  const depth = nestingDepth(text)
  if (depth > maxDepth) return [refused('INVALID', `nested deeper than ${maxDepth}`, text)]
  yield
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [refused('MALFORMED', `not JSON: ${error instanceof Error ? error.message : String(error)}`, text)]
  }
  yield
  const candidates = transactionsIn(value)
  if (candidates.length === 0) return [refused('INVALID', 'the document holds no transaction', text)]
  if (candidates.length > maxTransactions) return [refused('INVALID', `more than ${maxTransactions} transactions`, text)]
  const items: CapturedItem[] = []
  for (const [index, candidate] of candidates.entries()) {
    items.push(readTransaction(candidate, `transaction ${index + 1}`, hints))
    yield
  }
  return items
}

const transactionsIn = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null && 'transactions' in value && Array.isArray(value.transactions)) return value.transactions
  return [value]
}

const readTransaction = (candidate: unknown, where: string, hints: CaptureHints): CapturedItem => {
  const canonical = toCanonical(candidate, hints, where)
  return canonical.ok
    ? { outcome: 'transaction', transaction: canonical.transaction, warnings: [], where }
    : quarantinedItem(canonical.reasons, JSON.stringify(candidate), where)
}

const refused = (code: 'INVALID' | 'MALFORMED', message: string, text: string): CapturedItem =>
  quarantinedItem([reasonOf(code, message, 'document')], text, 'document')
