/**
 * Rows of a CSV by the names of its columns: comma, semicolon or tab, with or without byte order mark; quoted line breaks are read. A cell
 * that was written with an apostrophe in front, so that no spreadsheet runs it as a formula, is read without. Pure.
 */
import { createRowScanner } from '#sync/capture/delimited/quoted-row.ts'

export type CsvRow = { line: number; cellOf: (column: string) => string } | { line: number; refused: string }
export type CsvRows = { outcome: 'rows'; rows: CsvRow[] } | { outcome: 'refused'; reason: string }

/** What Excel, LibreOffice and Sheets take for the beginning of a formula, also behind an apostrophe of ours. */
export const isFormula = (text: string): boolean => /^'*[=+\-@\t\r]/.test(text)

const readCell = (text: string): string => (text.startsWith("'") && isFormula(text) ? text.slice(1) : text)

/** Of a row with a broken quote, reading goes on at the next line. */
export const readCsvRows = (input: string, required: readonly string[]): CsvRows => {
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input
  const heading = /^[^\r\n]*/.exec(text)?.[0] ?? ''
  const delimiter = [';', ',', '\t'].find((each) => heading.includes(each)) ?? ';'
  const scan = createRowScanner(text, { delimiter, quote: '"', newline: /^[^\n]*\r(?!\n)/.test(text) ? '\r' : '\n' }, true)
  const rows: CsvRow[] = []
  let columns: string[] | undefined
  let line = 1
  for (let at = 0; at < text.length;) {
    const read = scan(at)
    const breakAt = text.indexOf('\n', at)
    const end = read.outcome === 'row' ? read.end : breakAt < 0 ? text.length : breakAt + 1
    if (columns === undefined) {
      const found = read.outcome === 'row' ? read.cells.map((cell) => cell.trim().toLowerCase()) : []
      const missing = required.filter((column) => !found.includes(column))
      if (missing.length > 0) return { outcome: 'refused', reason: `The first line names the columns. Missing: ${missing.join(', ')}.` }
      columns = found
    } else if (read.outcome !== 'row') rows.push({ line, refused: 'A quote is not closed, or not doubled within the cell.' })
    else if (read.cells.some((cell) => cell.trim() !== '')) rows.push(rowOf(line, columns, read.cells))
    line += text.slice(at, end).split(/\r\n|\n|\r/).length - 1
    at = end
  }
  return columns ? { outcome: 'rows', rows } : { outcome: 'refused', reason: 'The file is empty.' }
}

const rowOf = (line: number, columns: readonly string[], cells: readonly string[]): CsvRow =>
  cells.length > columns.length
    ? { line, refused: `The line has ${cells.length} cells, the heading ${columns.length}.` }
    : { line, cellOf: (column) => readCell((cells[columns.indexOf(column)] ?? '').trim()) }
