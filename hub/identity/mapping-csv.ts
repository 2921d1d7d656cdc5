/**
 * Mappings as CSV [IDN9], read as `csv.ts` does and written with semicolons. A cell that a spreadsheet would run as a formula gets an
 * apostrophe in front, which reading takes off again. Pure.
 */
import { z } from 'zod'
import { type CsvRow, isFormula, readCsvRows } from '../csv.ts'
import { type MappingEntry, type MappingRow, mappingRowSchema } from './mapping-entry.ts'

export const mappingColumns = ['list', 'scope', 'scope_id', 'kind', 'code', 'target', 'unit', 'owner'] as const
type Column = (typeof mappingColumns)[number]

export type ReadRow = { line: number; row: MappingRow } | { line: number; refused: string }
export type CsvReading = { outcome: 'rows'; rows: ReadRow[] } | { outcome: 'refused'; reason: string }

const writeCell = (text: string): string => {
  const safe = isFormula(text) ? `'${text}` : text
  return /[";\r\n,\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const writeMappingCsv = (entries: readonly MappingEntry[]): string =>
  [mappingColumns, ...entries.map((e) => [e.list, e.scope, e.scopeId, e.kind, e.code, e.target, e.unit ?? '', e.owner])]
    .map((cells) => `${cells.map(writeCell).join(';')}\r\n`)
    .join('')

export const readMappingCsv = (input: string): CsvReading => {
  const read = readCsvRows(
    input,
    mappingColumns.filter((column) => column !== 'unit'),
  )
  return read.outcome === 'refused' ? read : { outcome: 'rows', rows: read.rows.map(readRow) }
}

const readRow = (row: CsvRow): ReadRow => {
  if ('refused' in row) return row
  const { line } = row
  const cellOf = (column: Column): string => row.cellOf(column)
  const parsed = mappingRowSchema.safeParse({
    list: cellOf('list'),
    scope: cellOf('scope'),
    scopeId: cellOf('scope_id'),
    kind: cellOf('kind'),
    code: cellOf('code'),
    target: cellOf('target'),
    unit: cellOf('unit') || undefined,
    owner: cellOf('owner'),
  })
  return parsed.success ? { line, row: parsed.data } : { line, refused: wordsOf(parsed.error) }
}

const wordsOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.length > 0 ? `Column ${issue.path.join('.')}: ` : ''}${issue.message}.`).join(' ')
