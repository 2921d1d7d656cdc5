/**
 * Cuts the transactions out of a JSON document that comes in chunks: the elements of an array, of `{"transactions": [...]}`, or one value
 * after the other (JSON Lines). Each is text of its own, so that one that is broken costs itself alone; memory holds one.
 *
 *   between ─ { ─▶ inside ─ } ─▶ between           wrapper's `"transactions": [` ─▶ between, as its elements
 *                    ├ the next transaction begins within ─▶ between
 *                    └ broken ─▶ lost ─ the next transaction begins ─▶ between
 */
import { countLines } from '../line-count.ts'
import { startsTransaction, transactionFrom, transactionStart } from './transaction-start.ts'

export interface Cut {
  text: string
  line: number
  fault?: { code: 'INVALID' | 'MALFORMED'; message: string }
}

export interface ElementCutter {
  write(chunk: string): Cut[]
  end(): Cut[]
}

const maxDepth = 32
const maxElementCharacters = 4_000_000
const stepCharacters = 64_000
const [quote, comma, colon, brace, braceEnd, bracket, bracketEnd] = [0x22, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d] as const
const [backslash, newline] = [0x5c, 0x0a] as const
const stringStop = /["\\\n{]/g

type State = 'between' | 'inside' | 'scalar' | 'lost' | 'behind'

export const createElementCutter = (): ElementCutter => {
  let kept = ''
  /** The next character to look at, in `kept`. */
  let at = 0
  /** Of the beginning of `kept`. */
  let line = 1
  let state: State = 'between'
  let list: 'none' | 'array' | 'wrapped' = 'none'
  /** Of the element, or of what stands behind a wrapped list. */
  let depth = 0
  let isString = false
  let stringFrom = 0
  /** At depth one, outside a list: the text that was last read, and the colon behind it. */
  let key = ''
  let lost: Cut | undefined
  let cuts: Cut[] = []

  const drop = (count: number): string => {
    const dropped = kept.slice(0, count)
    line += countLines(dropped)
    kept = kept.slice(count)
    at = Math.max(0, at - count)
    return dropped
  }
  const cutHere = (length: number, fault?: Cut['fault']): void => {
    const from = line
    cuts.push({ line: from, text: drop(length), ...(fault ? { fault } : {}) })
    state = 'between'
  }
  const begin = (next: 'inside' | 'scalar', index: number): void => {
    drop(index)
    state = next
    depth = next === 'inside' ? 1 : 0
    isString = false
    key = ''
  }
  /** The element is given up, and what follows it until a transaction begins. */
  const lose = (code: 'INVALID' | 'MALFORMED', message: string): void => {
    const from = line
    // Its own beginning is not the next one.
    lost = { line: from, text: drop(1), fault: { code, message } }
    state = 'lost'
    stepLost(false)
  }
  const stepLost = (isEnd: boolean): void => {
    const next = transactionFrom(kept, 0)
    const count = next >= 0 ? next : isEnd ? kept.length : Math.max(0, kept.length - transactionStart)
    const dropped = drop(count)
    if (lost && lost.text.length < maxElementCharacters) lost.text += dropped.slice(0, maxElementCharacters)
    at = next >= 0 ? 0 : kept.length
    if (next < 0 && !isEnd) return
    if (lost) cuts.push(lost)
    lost = undefined
    if (next >= 0) state = 'between'
  }

  const stepBetween = (c: number, index: number): void => {
    if (c === brace || (c === bracket && list !== 'none')) begin('inside', index)
    else if (c === bracket) list = 'array'
    else if (c === bracketEnd && list !== 'none') {
      state = list === 'wrapped' ? 'behind' : 'between'
      list = 'none'
      depth = 1
      isString = false
    } else if (c > 0x20 && c !== comma) begin('scalar', index)
  }
  const stepString = (c: number, index: number): void => {
    if (c === backslash) at += 1
    else if (c === newline) lose('MALFORMED', 'not JSON: a line break within a text')
    else if (c === quote) {
      isString = false
      if (depth === 1 && list === 'none') key = kept.slice(stringFrom, index + 1)
    } else {
      stringStop.lastIndex = at
      at = stringStop.exec(kept)?.index ?? kept.length
    }
  }
  const stepInside = (c: number, index: number): void => {
    if (isString) stepString(c, index)
    else if (c === quote) {
      isString = true
      stringFrom = index
    } else if (c === bracket && depth === 1 && key === '"transactions":') {
      drop(index + 1)
      list = 'wrapped'
      state = 'between'
    } else if (c === brace || c === bracket) {
      depth += 1
      if (depth > maxDepth) lose('INVALID', `nested deeper than ${maxDepth}`)
    } else if (c === braceEnd || c === bracketEnd) {
      depth -= 1
      if (depth === 0) cutHere(index + 1)
    } else if (depth === 1 && c > 0x20) key = c === colon ? `${key}:` : ''
  }
  /** What a wrapper says besides is not kept. */
  const stepBehind = (c: number): void => {
    if (isString && c === backslash) at += 1
    else if (c === quote) isString = !isString
    else if (!isString && (c === brace || c === bracket)) depth += 1
    else if (!isString && (c === braceEnd || c === bracketEnd)) depth -= 1
    if (depth === 0) state = 'between'
  }

  const scan = (isEnd: boolean): void => {
    while (at < kept.length && state !== 'lost') {
      const index = at
      const c = kept.charCodeAt(index)
      if (state === 'inside' && c === brace && index > 0) {
        if (kept.length - index < transactionStart && !isEnd) break
        if (startsTransaction(kept, index)) {
          cutHere(index, { code: 'MALFORMED', message: 'not JSON: it does not end before the next transaction begins' })
          continue
        }
      }
      at += 1
      if (state === 'between') stepBetween(c, index)
      else if (state === 'behind') stepBehind(c)
      else if (state === 'inside') {
        if (index > 0) stepInside(c, index)
      } else if (c <= 0x20 || c === comma || c === bracketEnd) cutHere(index)
      if ((state === 'inside' || state === 'scalar') && at > maxElementCharacters)
        lose('INVALID', `an element of more than ${maxElementCharacters} characters`)
    }
    if (state === 'between' || state === 'behind') drop(Math.min(at, kept.length))
  }
  const read = (text: string): void => {
    kept += text
    if (state === 'lost') stepLost(false)
    scan(false)
  }
  const finish = (): void => {
    for (scan(true); state === 'inside' || state === 'scalar' || kept !== ''; scan(true)) {
      if (state === 'scalar') cutHere(kept.length)
      else if (state === 'inside') lose('MALFORMED', 'not JSON: the text ends within an element')
      if (state === 'lost') stepLost(true)
      if (state === 'lost') break
    }
    if (lost) stepLost(true)
    if (state === 'behind' || (state === 'between' && list !== 'none'))
      cuts.push({ line, text: '', fault: { code: 'MALFORMED', message: 'not JSON: the text ends before its last bracket' } })
  }
  const take = (): Cut[] => {
    const taken = cuts
    cuts = []
    return taken
  }

  return {
    write: (chunk) => {
      for (let from = 0; from < chunk.length; from += stepCharacters) read(chunk.slice(from, from + stepCharacters))
      return take()
    },
    end: () => {
      finish()
      return take()
    },
  }
}
