/** The till dialects, and the one way in: text to captured items. A new dialect is a folder and a row here; the first that recognises a document reads it. */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from './captured-item.ts'
import type { Dialect, DialectReader, DocumentHead } from './dialect.ts'
import { delimitedDialect } from './delimited/delimited-dialect.ts'
import { finishItem } from './finished-item.ts'
import { jsonDialect } from './json/json-dialect.ts'
import { naxmlDialect } from './naxml/naxml-dialect.ts'
import { poslogDialect } from './poslog/poslog-dialect.ts'
import { holdsUnreadable } from './unreadable.ts'

export const dialects: readonly Dialect[] = [delimitedDialect, jsonDialect, naxmlDialect, poslogDialect]

/** Enough of a document to know its dialect by. */
const headCharacters = 64_000

export interface DocumentReader extends DialectReader {
  /** Undefined until enough has been read, and for a document of no known dialect. */
  dialect(): string | undefined
}

/** Never throws for what a till may send, and gives at least one item. */
export const openDocument = (hints: CaptureHints): DocumentReader => {
  let head = ''
  let chosen: Dialect | undefined
  let reader: DialectReader | undefined
  let marked = false

  const begin = (): CapturedItem[] => {
    const text = head.replace(/^\ufeff/, '')
    head = ''
    const documentHead: DocumentHead = {
      text: text.slice(0, headCharacters).trimStart(),
      contentType: hints.contentType ?? '',
      fileName: hints.fileName ?? '',
    }
    chosen = dialects.find((dialect) => dialect.recognises(documentHead, hints))
    reader = chosen?.open(hints) ?? unknownDocument()
    return reader.write(text)
  }
  const finish = (items: CapturedItem[]): CapturedItem[] => items.map((item) => finishItem(item, hints, marked))
  return {
    dialect: () => chosen?.name,
    write: (chunk) => {
      marked ||= holdsUnreadable(chunk)
      if (reader) return finish(reader.write(chunk))
      head += chunk
      return head.length >= headCharacters ? finish(begin()) : []
    },
    end: () => {
      const items = reader ? [] : begin()
      return finish([...items, ...(reader?.end() ?? [])])
    },
  }
}

const maxKept = 4_000_000

const unknownDocument = (): DialectReader => {
  let kept = ''
  return {
    write: (chunk) => {
      if (kept.length < maxKept) kept += chunk
      return []
    },
    end: () => {
      const reason =
        kept.trim() === ''
          ? reasonOf('MALFORMED', 'the document is empty', 'document')
          : reasonOf('UNKNOWN_DIALECT', `none of ${dialects.map((d) => d.name).join(', ')}`, 'start of the document')
      return [quarantinedItem([reason], kept.trim() === '' ? '' : kept, 'document')]
    },
  }
}

/** All of it at once. */
export const readDocument = (text: string, hints: CaptureHints): CapturedItem[] => {
  const reader = openDocument(hints)
  return [...reader.write(text), ...reader.end()]
}

/** True when the text was read to its end: nothing says that more of it is still to come. */
export const endsWhole = (items: readonly CapturedItem[]): boolean =>
  !items.some((item) => item.outcome === 'quarantined' && item.reasons.some((reason) => reason.code === 'MALFORMED'))
