/**
 * Gives a document's text to the parser, and spares it the transactions whose XML is plain: what is around them it always reads itself,
 * so that a transaction in a comment, or after a fault, is never taken.
 *
 *   content   where the parser stands between two tags around transactions: only there a `<Transaction` is one
 */
import { readPlainTransaction } from './plain-transaction.ts'
import type { PoslogReader, ReadEnd } from './poslog-reader.ts'
import type { XmlNode } from './xml-node.ts'

/** A plain transaction that goes on for longer is left to the parser, which need not begin again with each chunk. */
const maxUnfinished = 256_000
const startTag = /<(?:[\w.-]+:)?Transaction(?=[\s>/])/y
const endTag = /<\/(?:[\w.-]+:)?Transaction\s*>/g
const maxTagName = 300

export interface PoslogFeed {
  /** Reads `text` from `at` on. What is behind the answer's `at` must come again, with more behind it. */
  advance(text: string, at: number, isWhole: boolean): { end: ReadEnd; at: number }
}

/** `line` is that of the start tag's end. */
type OnPlain = (node: XmlNode, line: number, raw: { text: string; start: number; end: number }) => void

const ok: ReadEnd = { ok: true }

export const createPoslogFeed = (reader: PoslogReader, onPlain: OnPlain): PoslogFeed => {
  let isContent = reader.isBetween()

  /** The text's place up to which a plain transaction was read; undefined where it is none, -1 where its end is not there yet. */
  const takePlain = (text: string, at: number, tag: number, isWhole: boolean): { end: ReadEnd; at: number } | undefined | -1 => {
    const read = readPlainTransaction(text, tag, reader.namespace())
    if (read.outcome === 'unfinished') return isWhole || text.length - tag > maxUnfinished ? undefined : -1
    if (read.outcome === 'doubt') return undefined
    const between = text.slice(at, tag)
    // White space between two elements needs nobody's leave.
    const isBlank = between.trim() === ''
    const end = isBlank ? ok : reader.write(between)
    if (!end.ok) return { end, at: tag }
    const blankLines = isBlank && between !== '' ? countLines(text, at, tag) : 0
    onPlain(read.node, reader.line() + blankLines + read.startLines, { text, start: tag, end: read.end })
    reader.skip(read.end - (isBlank ? at : tag), blankLines + read.lines)
    return { end: ok, at: read.end }
  }

  return {
    advance: (text, from, isWhole) => {
      for (let at = from; ;) {
        if (at >= text.length) return { end: ok, at }
        if (isContent) {
          const tag = text.indexOf('<', at)
          if (tag >= 0 && !isWhole && isUnfinishedName(text, tag)) return { end: ok, at }
          if (tag >= 0 && isStartTag(text, tag)) {
            const taken = takePlain(text, at, tag, isWhole)
            if (taken === -1) return { end: ok, at }
            if (taken) {
              if (!taken.end.ok) return taken
              at = taken.at
              continue
            }
          }
          isContent = tag < 0
        }
        const stop = isContent ? text.length : stopBehind(text, at, reader.hasOpen())
        const end = reader.write(text.slice(at, stop))
        at = stop
        if (!end.ok) return { end, at }
        isContent ||= reader.isBetween()
      }
    },
  }
}

/** How far the parser reads before we look where it stands: to the end of the open transaction, or of the next tag. */
const stopBehind = (text: string, at: number, hasOpen: boolean): number => {
  endTag.lastIndex = at
  if (hasOpen) return endTag.test(text) ? endTag.lastIndex : text.length
  const close = text.indexOf('>', at)
  return close < 0 ? text.length : close + 1
}

/** The name without a prefix is looked for first, and plainly. */
const isStartTag = (text: string, tag: number): boolean => {
  if (text.startsWith('<Transaction>', tag)) return true
  startTag.lastIndex = tag
  return startTag.test(text)
}

/** Where the first transaction that ends in the text is over; 0 where none does. */
export const behindTransaction = (text: string): number => {
  endTag.lastIndex = 0
  return endTag.test(text) ? endTag.lastIndex : 0
}

const isUnfinishedName = (text: string, tag: number): boolean => text.length - tag < maxTagName && !/[\s>/]/.test(text.slice(tag + 1))

export const countLines = (text: string, from: number, until: number): number => {
  let lines = 0
  for (let i = text.indexOf('\n', from); i >= 0 && i < until; i = text.indexOf('\n', i + 1)) lines += 1
  return lines
}
