/**
 * NAXML-POSJournal, the journal of convenience stores and filling stations: an event a transaction, read by local name in any namespace.
 * An event that is broken is quarantined alone.
 */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import type { Dialect, DialectReader } from '../dialect.ts'
import { readElement } from './element.ts'
import { createEventCutter, type JournalPart } from './event-cutter.ts'
import { type JournalHeader, readEvent } from './event-transaction.ts'

const rootTag = /<(?:[\w.-]{1,40}:)?(?:NAXML-)?POSJournal(?=[\s/>])/

export const naxmlDialect: Dialect = {
  name: 'naxml',
  recognises: ({ text }) => text.startsWith('<') && rootTag.test(firstTag(text)),
  open: (hints) => openJournal(hints),
}

/** What stands before the root element is passed over; what does not end there is no journal's. */
const firstTag = (text: string): string => {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const closer = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : text.startsWith('<!', at) ? '>' : undefined
    if (closer === undefined) return /^<[A-Za-z_]/.test(text.slice(at, at + 2)) ? text.slice(at, at + 200) : ''
    at = text.indexOf(closer, at)
    if (at < 0) return ''
  }
  return ''
}

const openJournal = (hints: CaptureHints): DialectReader => {
  const cutter = createEventCutter()
  const header: JournalHeader = {}
  let count = 0
  let itemCount = 0
  let isEnded = false
  let isSpoilt = false

  const readPart = (part: JournalPart): CapturedItem[] => {
    if (part.kind === 'unsafe') {
      isSpoilt = true
      return [quarantinedItem([reasonOf('UNSAFE_XML', part.message, `line ${part.line}`)], part.text, `line ${part.line}`)]
    }
    if (part.kind === 'between') return readBetween(part.text, part.line)
    count += 1
    const where = `transaction ${count}, line ${part.line}`
    if (!part.isWhole) {
      isSpoilt = true
      return [quarantinedItem([reasonOf('MALFORMED', 'the event does not end', where)], part.text, where)]
    }
    const read = readElement(part.text)
    return [
      read.ok
        ? readEvent(read.element, part.text, where, header, hints)
        : quarantinedItem([reasonOf(read.code, read.message, where)], part.text, where),
    ]
  }
  const readBetween = (text: string, line: number): CapturedItem[] => {
    header.storeId = fieldIn(text, 'StoreLocationID') ?? header.storeId
    header.currency = fieldIn(text, 'currencyCode') ?? fieldIn(text, 'CurrencyCode') ?? header.currency
    isEnded ||= /<\/(?:[\w.-]{1,40}:)?(?:NAXML-)?POSJournal\s{0,20}>\s*$/.test(withoutComments(text))
    const left = withoutWrapper(text)
    if (left === '') return []
    const where = `line ${line}`
    return [quarantinedItem([reasonOf('INVALID', 'something that is no event of a journal', where)], left, where)]
  }
  const take = (parts: readonly JournalPart[]): CapturedItem[] => {
    const items = parts.flatMap(readPart)
    itemCount += items.length
    return items
  }
  return {
    write: (chunk) => take(cutter.write(chunk)),
    end: () => {
      const items = take(cutter.end())
      if (!isEnded && !isSpoilt) {
        const where = 'end of the document'
        items.push(quarantinedItem([reasonOf('MALFORMED', 'the document ends before its end tag', where)], '', where))
      } else if (itemCount === 0)
        items.push(quarantinedItem([reasonOf('INVALID', 'the journal holds no event', 'document')], '', 'document'))
      return items
    },
  }
}

const withoutComments = (text: string): string => text.replace(/<!--[\s\S]*?-->/g, '')

const fieldIn = (text: string, local: string): string | undefined =>
  new RegExp(`<(?:[\\w.-]{1,40}:)?${local}(?:\\s[^<>]{0,200})?>\\s{0,40}([^<>]{1,60}?)\\s{0,40}</`).exec(text)?.[1]

/** Headers, and the tags around the events. */
const withoutWrapper = (text: string): string =>
  withoutComments(text)
    .replace(/<\?[\s\S]*?\?>/g, '')
    .replace(/<((?:[\w.-]{1,40}:)?(?:Transmission|Journal|Report)Header)(?=[\s/>])[\s\S]*?<\/\1\s*>/g, '')
    .replace(/<\/?(?:[\w.-]{1,40}:)?(?:JournalReport|(?:NAXML-)?POSJournal)(?:\s[^<>]*)?\/?>/g, '')
    .trim()
