/** The till dialects, and the one way in: text to captured items. A new dialect is a folder and a row here. */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from './captured-item.ts'
import { readJson } from './json/json-dialect.ts'
import { readPoslog } from './poslog/poslog-dialect.ts'

/** Yields after each small piece of work, so that a large document need not hold up everything else. */
export type Reading = Generator<void, CapturedItem[]>

interface Dialect {
  name: string
  /** By the first character that is not white space: content types and file names of tills are often wrong. */
  startsWith: readonly string[]
  mediaType: RegExp
  read(text: string, hints: CaptureHints): Reading
}

export const dialects: readonly Dialect[] = [
  { name: 'json', startsWith: ['{', '['], mediaType: /json/i, read: readJson },
  { name: 'poslog', startsWith: ['<'], mediaType: /xml/i, read: readPoslog },
]

/** Never throws for what a till may send, and returns at least one item. */
export const readInSteps = function* (text: string, hints: CaptureHints): Reading {
  const start = text
    .slice(0, 1_000)
    .replace(/^\ufeff/, '')
    .trimStart()
    .charAt(0)
  const dialect =
    dialects.find((d) => d.startsWith.includes(start)) ?? dialects.find((d) => d.mediaType.test(hints.contentType ?? hints.fileName ?? ''))
  if (dialect) return yield* dialect.read(text.replace(/^\ufeff/, ''), hints)
  if (start === '' && text.trim() === '')
    return [quarantinedItem([reasonOf('MALFORMED', 'the document is empty', 'document')], '', 'document')]
  const reason = reasonOf('UNKNOWN_DIALECT', `neither ${dialects.map((d) => d.name).join(' nor ')}`, 'start of the document')
  return [quarantinedItem([reason], text, 'document')]
}

/** All of it at once. */
export const readDocument = (text: string, hints: CaptureHints): CapturedItem[] => {
  const reading = readInSteps(text, hints)
  for (;;) {
    const step = reading.next()
    if (step.done) return step.value
  }
}

/** True when the text was read to its end: nothing says that more of it is still to come. */
export const endsWhole = (items: readonly CapturedItem[]): boolean =>
  !items.some((item) => item.outcome === 'quarantined' && item.reasons.some((reason) => reason.code === 'MALFORMED'))
