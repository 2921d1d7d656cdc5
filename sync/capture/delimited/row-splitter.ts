/**
 * Delimited text to rows of cells, in chunks cut anywhere, with the line that each begins at. A row whose quotes are broken is its first
 * line alone: a stray quote must not swallow the lines behind it. Memory holds one row.
 */
import { countLines } from '../line-count.ts'
import type { DelimitedMapping } from './mapping.ts'
import { createRowScanner } from './quoted-row.ts'

export interface SplitRow {
  cells: string[]
  line: number
  raw: string
  fault?: 'quotes' | 'too-long'
  /** The text ended without a line break behind it. */
  last?: true
}

export interface RowSplitter {
  write(chunk: string): SplitRow[]
  end(): SplitRow[]
}

const stepCharacters = 65_536
const maxRowCharacters = 65_536

/** `fits` tells whether a row that spans several lines has the columns it should. */
export const createRowSplitter = ({ delimiter, quote }: DelimitedMapping, fits: (cells: readonly string[]) => boolean): RowSplitter => {
  let buffer = ''
  let line = 1
  let newline: '\n' | '\r' | undefined
  let skipping = false

  const take = (rows: SplitRow[], raw: string, row: Omit<SplitRow, 'line' | 'raw'>): void => {
    const ended = raw.endsWith('\n') || raw.endsWith('\r')
    rows.push({ ...row, line, raw: raw.replace(/[\r\n]+$/, ''), ...(ended ? {} : { last: true as const }) })
    line += countLines(raw, newline ?? '\n')
  }
  /** Whole rows from the buffer, until one is broken; true then. */
  const takeRows = (rows: SplitRow[], isEnd: boolean): boolean => {
    const text = buffer
    const readRow = createRowScanner(text, { delimiter, quote, newline: newline ?? '\n' }, isEnd)
    let at = 0
    let isBroken = false
    while (at < text.length) {
      const row = readRow(at)
      if (row.outcome === 'unfinished') break
      const raw = row.outcome === 'row' ? text.slice(at, row.end) : ''
      isBroken = row.outcome === 'broken' || (countLines(raw, newline ?? '\n') > 1 && !fits(row.cells))
      if (isBroken || row.outcome === 'broken') break
      take(rows, raw, { cells: row.cells })
      at = row.end
    }
    buffer = text.slice(at)
    return isBroken
  }
  const takeFirstLine = (rows: SplitRow[], fault: 'quotes' | 'too-long'): void => {
    const end = buffer.indexOf(newline ?? '\n')
    const raw = end < 0 ? buffer : buffer.slice(0, end + 1)
    buffer = buffer.slice(raw.length)
    skipping = end < 0
    take(rows, raw.slice(0, maxRowCharacters), { cells: raw.slice(0, maxRowCharacters).split(delimiter), fault })
  }
  /** The rest of a line that was too long. */
  const skip = (): void => {
    const end = buffer.indexOf(newline ?? '\n')
    buffer = end < 0 ? '' : buffer.slice(end + 1)
    if (end < 0) return
    skipping = false
    line += 1
  }
  const split = (isEnd: boolean): SplitRow[] => {
    const rows: SplitRow[] = []
    if (skipping) skip()
    newline ??= buffer.includes('\n') ? '\n' : buffer.includes('\r') && (isEnd || buffer.length > maxRowCharacters) ? '\r' : undefined
    while (buffer !== '') {
      const isBroken = takeRows(rows, isEnd)
      if (isBroken) takeFirstLine(rows, 'quotes')
      else if (buffer.length > maxRowCharacters) takeFirstLine(rows, 'too-long')
      else break
    }
    if (isEnd) buffer = ''
    return rows
  }

  return {
    write: (chunk) => {
      const rows: SplitRow[] = []
      for (let at = 0; at < chunk.length; at += stepCharacters) {
        const piece = chunk.slice(at, at + stepCharacters)
        buffer += piece
        if (piece.includes(newline ?? '\n') || buffer.length > maxRowCharacters) rows.push(...split(false))
      }
      return rows
    },
    end: () => split(true),
  }
}
