/**
 * Tables as CSV [IDN9]: read with comma, semicolon or tab, with or without byte order mark; written with semicolons. A cell that a
 * spreadsheet would run as a formula gets an apostrophe in front, which reading takes off again. Pure.
 */
import { createRowScanner } from '#sync/capture/delimited/quoted-row.ts'
import type { z } from 'zod'

export type TableRow<Row> = { line: number; row: Row } | { line: number; refused: string }
export type TableReading<Row> = { outcome: 'rows'; rows: TableRow<Row>[] } | { outcome: 'refused'; reason: string }

export interface Table<Column extends string, Row> {
  columns: readonly Column[]
  /** May be left out of the heading. */
  optional: readonly Column[]
  /** A row from its cells, or why not. An absent cell is empty. */
  read: (cellOf: (column: Column) => string) => { row: Row } | { refused: string }
}

/** What Excel, LibreOffice and Sheets take for the beginning of a formula, also behind an apostrophe of ours. */
const isFormula = (text: string): boolean => /^'*[=+\-@\t\r]/.test(text)

const writeCell = (text: string): string => {
  const safe = isFormula(text) ? `'${text}` : text
  return /[";\r\n,\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
const readCell = (text: string): string => (text.startsWith("'") && isFormula(text) ? text.slice(1) : text)

export const writeTable = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `${cells.map(writeCell).join(';')}\r\n`).join('')

/** Of a row with a broken quote, reading goes on at the next line. */
export const readTable = <Column extends string, Row>(input: string, table: Table<Column, Row>): TableReading<Row> => {
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input
  const heading = /^[^\r\n]*/.exec(text)?.[0] ?? ''
  const delimiter = [';', ',', '\t'].find((each) => heading.includes(each)) ?? ';'
  const scan = createRowScanner(text, { delimiter, quote: '"', newline: /^[^\n]*\r(?!\n)/.test(text) ? '\r' : '\n' }, true)
  const rows: TableRow<Row>[] = []
  let columns: string[] | undefined
  let line = 1
  for (let at = 0; at < text.length;) {
    const read = scan(at)
    const breakAt = text.indexOf('\n', at)
    const end = read.outcome === 'row' ? read.end : breakAt < 0 ? text.length : breakAt + 1
    if (columns === undefined) {
      const found = read.outcome === 'row' ? read.cells.map((cell) => cell.trim().toLowerCase()) : []
      const missing = table.columns.filter((column) => !table.optional.includes(column) && !found.includes(column))
      if (missing.length > 0) return { outcome: 'refused', reason: `The first line names the columns. Missing: ${missing.join(', ')}.` }
      columns = found
    } else if (read.outcome !== 'row') rows.push({ line, refused: 'A quote is not closed, or not doubled within the cell.' })
    else if (read.cells.some((cell) => cell.trim() !== '')) rows.push({ line, ...readCells(columns, read.cells, table) })
    line += text.slice(at, end).split(/\r\n|\n|\r/).length - 1
    at = end
  }
  return columns ? { outcome: 'rows', rows } : { outcome: 'refused', reason: 'The file is empty.' }
}

const readCells = <Column extends string, Row>(columns: readonly string[], cells: readonly string[], { read }: Table<Column, Row>) =>
  cells.length > columns.length
    ? { refused: `The line has ${cells.length} cells, the heading ${columns.length}.` }
    : read((column) => readCell((cells[columns.indexOf(column)] ?? '').trim()))

export const issueWords = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.length > 0 ? `Column ${issue.path.join('.')}: ` : ''}${issue.message}.`).join(' ')
