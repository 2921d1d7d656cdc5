/**
 * POSLog XML of any version and vendor, read by local name. A transaction that is not well-formed is quarantined, and reading
 * goes on at the next `<Transaction>`: one bad character in a day's file must not hold up the sales behind it.
 */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import { type Dialect, wholeDocument } from '../dialect.ts'
import { createPoslogReader, type ReadEnd } from './poslog-reader.ts'
import { readTransaction } from './poslog-transaction.ts'

const maxFaults = 20
const stepCharacters = 32_000
const token = /<!--|<!\[CDATA\[|<(?:[\w.-]+:)?Transaction(?=[\s>/])/g
const closers: Record<string, string> = { '<!--': '-->', '<![CDATA[': ']]>' }

export const poslogDialect: Dialect = {
  name: 'poslog',
  recognises: ({ text, contentType, fileName }) => text.startsWith('<') || (text !== '' && /xml/i.test(contentType || fileName)),
  open: (hints) => wholeDocument((text) => readPoslog(text, hints)),
}

const readPoslog = function* (text: string, hints: CaptureHints): Generator<void, CapturedItem[]> {
  const items: CapturedItem[] = []
  let count = 0
  let rootLocal = ''
  let start = 0
  let lineOffset = 0
  for (let faults = 0; ; faults += 1) {
    const piece = start === 0 ? text : text.slice(start)
    const end = yield* readPiece(piece, start > 0, {
      onRoot: (local) => (rootLocal = local),
      onTransaction: (node, line) => {
        count += 1
        items.push(readTransaction(node, `transaction ${count}, line ${line + lineOffset}`, hints))
      },
    })
    if (end.ok || isLeftOver(end, start, piece)) break
    items.push(faultItem(end, lineOffset, piece))
    const next = end.code === 'MALFORMED' || /entity/.test(end.message) ? findTransaction(piece, Math.max(end.lastTagEnd, 1)) : -1
    if (next < 0 || faults >= maxFaults) break
    lineOffset += countLines(piece, next)
    start += next
  }
  if (items.length > 0) return items
  const reason =
    rootLocal === 'POSLog'
      ? reasonOf('INVALID', 'the document holds no transaction', 'document')
      : reasonOf('UNKNOWN_DIALECT', `XML, but no Transaction element: the root is "${rootLocal}"`, 'document')
  return [quarantinedItem([reason], text, 'document')]
}

const readPiece = function* (piece: string, fragment: boolean, events: Parameters<typeof createPoslogReader>[0]): Generator<void, ReadEnd> {
  const reader = createPoslogReader(events, fragment)
  for (let at = 0; at < piece.length; at += stepCharacters) {
    const written = reader.write(piece.slice(at, at + stepCharacters))
    if (!written.ok) return written
    yield
  }
  return reader.end()
}

/** After a fault the wrapper's own end tags close nothing that this piece opened. */
const isLeftOver = (end: ReadEnd & { ok: false }, start: number, piece: string): boolean =>
  start > 0 && end.code === 'MALFORMED' && /^(?:\s*<\/[\w:.-]+\s*>)+\s*$/.test(piece.slice(piece.lastIndexOf('</', end.position - 1)))

/** Comments and CDATA are stepped over whole: a transaction quoted in them is none. */
const findTransaction = (piece: string, from: number): number => {
  token.lastIndex = from
  for (let match = token.exec(piece); match; match = token.exec(piece)) {
    const closer = closers[match[0]]
    if (closer === undefined) return match.index
    const end = piece.indexOf(closer, token.lastIndex)
    if (end < 0) return -1
    token.lastIndex = end
  }
  return -1
}

const faultItem = (end: ReadEnd & { ok: false }, lineOffset: number, piece: string): CapturedItem => {
  const where = `line ${end.line + lineOffset}, column ${end.column}`
  return quarantinedItem(
    [reasonOf(end.code, end.message, where)],
    piece.slice(Math.max(0, end.lastTagEnd - 2_000), end.lastTagEnd + 500),
    where,
  )
}

const countLines = (text: string, until: number): number => {
  let lines = 0
  for (let i = text.indexOf('\n'); i >= 0 && i < until; i = text.indexOf('\n', i + 1)) lines += 1
  return lines
}
