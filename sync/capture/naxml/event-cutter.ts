/**
 * Cuts the events out of a journal that comes in chunks, each as text of its own, so that one that is broken costs itself alone; memory
 * holds one. Comments and CDATA are stepped over whole. What stands between events and is neither header nor wrapper is given as well.
 */
import { countLines } from '../line-count.ts'

export type JournalPart =
  | { kind: 'event'; text: string; line: number; isWhole: boolean }
  | { kind: 'between'; text: string; line: number }
  | { kind: 'unsafe'; message: string; text: string; line: number }

export interface EventCutter {
  write(chunk: string): JournalPart[]
  end(): JournalPart[]
}

const name = '(?:Sale|Refund|Return|Void|Financial|Other|NoSale)Event'
const token = new RegExp(`<!--|<!\\[CDATA\\[|<!DOCTYPE|<(?:[\\w.-]{1,40}:)?${name}(?=[\\s/>])|</(?:[\\w.-]{1,40}:)?${name}\\s{0,20}>`, 'g')
const closers: Record<string, string> = { '<!--': '-->', '<![CDATA[': ']]>' }
const longestToken = 120
const stepCharacters = 64_000
const maxEventCharacters = 4_000_000

export const createEventCutter = (): EventCutter => {
  let kept = ''
  /** Nothing before this place need be looked at again. */
  let at = 0
  let line = 1
  let closer: string | undefined
  let isInside = false
  let hasStopped = false
  let parts: JournalPart[] = []

  const drop = (count: number): string => {
    const text = kept.slice(0, count)
    kept = kept.slice(count)
    at = Math.max(0, at - count)
    return text
  }
  const give = (count: number, isWhole: boolean): void => {
    const from = line
    const text = drop(count)
    line += countLines(text)
    if (isInside) parts.push({ kind: 'event', text, line: from, isWhole })
    else if (text.trim() !== '') parts.push({ kind: 'between', text, line: from })
  }
  const stop = (message: string): void => {
    parts.push({ kind: 'unsafe', message, text: kept.slice(0, maxEventCharacters), line })
    hasStopped = true
    kept = ''
  }
  /** False when more text is needed. */
  const step = (isEnd: boolean): boolean => {
    if (closer !== undefined) {
      const end = kept.indexOf(closer, at)
      at = end < 0 ? Math.max(at, kept.length - closer.length + 1) : end + closer.length
      if (end >= 0) closer = undefined
      return end >= 0
    }
    token.lastIndex = at
    const match = token.exec(kept)
    if (!match || (!isEnd && match.index + longestToken > kept.length)) {
      at = Math.max(at, Math.min(match?.index ?? Infinity, kept.length - longestToken))
      return false
    }
    const [found] = match
    closer = closers[found]
    at = match.index + found.length
    if (closer !== undefined) return true
    if (found === '<!DOCTYPE') stop('a document type declaration')
    else if (found.startsWith('</')) {
      give(at, true)
      isInside = false
    } else {
      give(match.index, false)
      at = found.length
      isInside = true
      endEmpty()
    }
    return !hasStopped
  }
  /** `<OtherEvent/>` has no end tag. */
  const endEmpty = (): void => {
    const empty = /^<[^<>]{0,200}\/>/.exec(kept.slice(0, 300))
    if (!empty) return
    give(empty[0].length, true)
    isInside = false
  }
  const read = (text: string): void => {
    if (hasStopped) return
    kept += text
    while (step(false));
    if (kept.length <= maxEventCharacters || hasStopped) return
    give(kept.length, false)
    isInside = false
    closer = undefined
  }
  const take = (): JournalPart[] => {
    const taken = parts
    parts = []
    return taken
  }
  return {
    write: (chunk) => {
      for (let from = 0; from < chunk.length; from += stepCharacters) read(chunk.slice(from, from + stepCharacters))
      return take()
    },
    end: () => {
      if (!hasStopped) while (step(true));
      if (!hasStopped) give(kept.length, false)
      return take()
    },
  }
}
