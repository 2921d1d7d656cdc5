/**
 * A POSLog document in chunks. A transaction that is not well-formed is quarantined, and reading goes on at the next `<Transaction`:
 * one bad character in a day's file must not hold up the sales behind it.
 *
 *   kept    the text from the transaction that is being read, or from the fault behind which the next one is looked for
 */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import type { DialectReader } from '../dialect.ts'
import { claimedInText, claimedNumber } from './claimed-number.ts'
import { behindTransaction, countLines, createPoslogFeed, type PoslogFeed } from './poslog-feed.ts'
import { lookForTransaction, type NextTransaction } from './next-transaction.ts'
import { createPoslogReader, type Place, type PoslogReader, type ReadEnd, type ReadFault } from './poslog-reader.ts'
import { readTransaction } from './poslog-transaction.ts'
import { attributeOf, type XmlNode } from './xml-node.ts'

const maxFaults = 1_000
const maxRaw = 4_000_000
/** Of one transaction, or of what stands between two. */
const maxCharacters = 16_000_000
const stepCharacters = 256_000

interface Fault extends ReadFault {
  /** Among the document's faults, and its transactions. */
  ordinal: number
  number: number | undefined
  /** Of the document. */
  line: number
  /** Where the faulty part begins in what is kept. */
  from: number
}

export const openPoslogDocument = (hints: CaptureHints): DialectReader => {
  let kept = ''
  /** Characters that the reader was given before `kept`, and the document's line where `kept` begins. */
  let keptFrom = 0
  let keptLine = 1
  let count = 0
  let itemCount = 0
  let faults = 0
  let outerOpen = 0
  let isMalformed = false
  let root: XmlNode | undefined
  let found: CapturedItem[] = []
  let fault: Fault | undefined
  let search: NextTransaction | undefined
  let hasEnded = false
  let isRefused = false
  /** For a document that turns out to hold nothing. */
  let head = ''
  let lineOffset = 0

  const startOfTag = (behind: number): number => kept.lastIndexOf('<', behind - keptFrom - 1)
  const take = (node: XmlNode, line: number, raw: () => string): void => {
    count += 1
    found.push(
      readTransaction(node, { where: `transaction ${count}, line ${line + lineOffset}`, hints, raw, version: versionOf(node, root) }),
    )
  }
  const onTransaction = (node: XmlNode, start: Place, end: Place): void => {
    const from = startOfTag(start.position)
    take(node, start.line, () => kept.slice(from, Math.min(end.position - keptFrom, from + maxRaw)))
  }
  const openReader = (isFragment: boolean): { reader: PoslogReader; feed: PoslogFeed } => {
    const reader = createPoslogReader({ onRoot: (node) => (root = node), onTransaction }, isFragment)
    const feed = createPoslogFeed(reader, (node, line, { text, start, end }) =>
      take(node, line, () => text.slice(start, Math.min(end, start + maxRaw))),
    )
    return { reader, feed }
  }
  let { reader, feed } = openReader(false)
  /** Up to there the reader has `kept`. */
  let readUpTo = 0

  /** What is behind us is given up; the start tag of an open transaction is part of what may turn out faulty. */
  const forget = (upTo: Place): void => {
    const cut = reader.hasOpen() ? Math.max(0, startOfTag(upTo.position)) : upTo.position - keptFrom
    if (cut === 0) return
    keptLine = upTo.line + lineOffset - countLines(kept, cut, upTo.position - keptFrom)
    kept = kept.slice(cut)
    keptFrom += cut
    readUpTo -= cut
  }

  const beginFault = (end: ReadFault): void => {
    outerOpen += end.outerDepth
    if (end.closesOuter) {
      outerOpen = Math.max(0, outerOpen - 1)
      search = lookForTransaction(Math.max(0, end.position - keptFrom))
      return
    }
    faults += 1
    isMalformed ||= end.code === 'MALFORMED'
    if (end.open) count += 1
    const from = end.open ? startOfTag(end.open.start.position) : end.lastTag.position - keptFrom
    fault = { ...end, line: end.lastTag.line + lineOffset, ordinal: faults, number: end.open ? count : undefined, from: Math.max(0, from) }
    if (end.code === 'MALFORMED' || /entity/.test(end.message)) {
      search = lookForTransaction(Math.max(1, end.lastTag.position - keptFrom))
      return
    }
    isRefused = true
    hasEnded = true
  }

  /** What is refused is refused with all that follows, as far as that is kept. */
  const keepRefused = (chunk: string): void => {
    if (fault && kept.length - fault.from < maxRaw) kept += chunk
  }

  const endFault = (until: number): void => {
    if (fault) found.push(faultItem(fault, kept.slice(fault.from, Math.min(until, fault.from + maxRaw)), hints))
    fault = undefined
    if (faults < maxFaults || hasEnded) return
    isRefused = true
    hasEnded = true
    found.push(quarantinedItem([reasonOf('UNSAFE_XML', `more than ${maxFaults} faults: the rest is not read`, 'document')], '', 'document'))
  }

  /** True when a new reader stands at the next transaction, and `kept` is what it shall read first. */
  const resume = (looking: NextTransaction, isWhole: boolean): boolean => {
    const next = looking.find(kept, isWhole)
    if (next >= 0 || isWhole) endFault(next < 0 ? kept.length : next)
    else if (fault && kept.length - fault.from > maxRaw) endFault(kept.length)
    hasEnded ||= next < 0 && isWhole
    if (hasEnded) return false
    const cut = next >= 0 ? next : fault ? 0 : looking.forget()
    keptLine += countLines(kept, 0, cut)
    kept = kept.slice(cut)
    if (next < 0) return false
    lineOffset = keptLine - 1
    keptFrom = 0
    readUpTo = 0
    search = undefined
    ;({ reader, feed } = openReader(true))
    return true
  }

  const advance = (isWhole: boolean): ReadEnd => {
    const { end, at } = feed.advance(kept, readUpTo, isWhole)
    readUpTo = at
    return end
  }

  const readKept = (): void => {
    while (!hasEnded) {
      if (search && !resume(search, false)) return
      const end = advance(false)
      if (end.ok) return kept.length > maxCharacters ? beginFault(tooLong(reader.done())) : forget(reader.done())
      beginFault(end)
    }
  }

  /**
   * First what ends the transaction that is being read, joined to its beginning; the rest of the chunk is then read where it lies: it is
   * much quicker to read than a copy or a part of it.
   */
  const read = (chunk: string): void => {
    const first = kept === '' ? 0 : behindTransaction(chunk)
    if (first > 0) {
      kept += chunk.slice(0, first)
      readKept()
    }
    if (first === chunk.length) return
    if (kept === '' && !search) {
      kept = chunk
      readUpTo = first
      keptFrom -= first
      keptLine -= countLines(chunk, 0, first)
    } else kept += chunk.slice(first)
    readKept()
  }

  const readEnd = (): void => {
    while (!hasEnded) {
      if (search && !resume(search, true)) return
      const given = advance(true)
      const end = given.ok ? reader.end() : given
      if (end.ok) return
      beginFault(end)
    }
  }

  const handOver = (): CapturedItem[] => {
    const items = found
    found = []
    itemCount += items.length
    return items
  }

  return {
    write: (chunk) => {
      if (itemCount === 0 && head.length < maxRaw) head += chunk
      for (let at = 0; at < chunk.length; at += stepCharacters) {
        const step = chunk.length <= stepCharacters ? chunk : chunk.slice(at, at + stepCharacters)
        if (hasEnded) keepRefused(step)
        else read(step)
      }
      return handOver()
    },
    end: () => {
      readEnd()
      if (isRefused) endFault(kept.length)
      if (outerOpen > 0 && !isMalformed && !isRefused) {
        const where = 'end of the document'
        found.push(quarantinedItem([reasonOf('MALFORMED', 'the document ends before its end tag', where)], '', where))
      }
      if (itemCount + found.length === 0) found.push(nothingFound(root, head))
      return handOver()
    },
  }
}

const tooLong = (done: Place): ReadFault => ({
  ...{ code: 'UNSAFE_XML', message: `more than ${maxCharacters} characters without a transaction's end` },
  ...{ position: done.position, closesOuter: false, lastTag: done, open: undefined, outerDepth: 0 },
})

const faultItem = (fault: Fault, raw: string, hints: CaptureHints): CapturedItem => {
  // The place behind the last tag that was read well: where the parser noticed hangs on how the text was cut.
  const where = `line ${fault.line}, ${fault.number === undefined ? `fault ${fault.ordinal}` : `transaction ${fault.number}`}`
  const claimed = fault.open ? (claimedNumber(fault.open.node, hints.timeZone) ?? claimedInText(raw)) : undefined
  return quarantinedItem([reasonOf(fault.code, fault.message, where)], raw, where, claimed)
}

const nothingFound = (root: XmlNode | undefined, text: string): CapturedItem => {
  const reason =
    root?.local === 'POSLog'
      ? reasonOf('INVALID', 'the document holds no transaction', 'document')
      : reasonOf('UNKNOWN_DIALECT', `XML, but no Transaction element: the root is "${root?.local ?? ''}"`, 'document')
  return quarantinedItem([reason], text.slice(0, maxRaw), 'document')
}

/** The standard's major version; 2 where nothing is said, as all that came before 6 read alike. */
const versionOf = (node: XmlNode, root: XmlNode | undefined): number => {
  const stated = attributeOf(node, 'MajorVersion') ?? (root?.local === 'POSLog' ? attributeOf(root, 'MajorVersion') : undefined)
  return stated !== undefined && /^\d{1,2}$/.test(stated) ? Number(stated) : 2
}
