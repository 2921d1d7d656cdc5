/** Mappings as CSV [IDN9]. Pure. */
import { type CellOf, readCsvRows, wordsOfFaults, writeCsvRows } from './csv-rows.ts'
import { type MappingEntry, type MappingRow, mappingRowSchema } from './mapping-entry.ts'

export const mappingColumns = ['list', 'scope', 'scope_id', 'kind', 'code', 'target', 'unit', 'owner'] as const
type Column = (typeof mappingColumns)[number]

export type ReadRow = { line: number; row: MappingRow } | { line: number; refused: string }
export type CsvReading = { outcome: 'rows'; rows: ReadRow[] } | { outcome: 'refused'; reason: string }

export const writeMappingCsv = (entries: readonly MappingEntry[]): string =>
  writeCsvRows([mappingColumns, ...entries.map((e) => [e.list, e.scope, e.scopeId, e.kind, e.code, e.target, e.unit ?? '', e.owner])])

export const readMappingCsv = (input: string): CsvReading => {
  const read = readCsvRows<Column>(
    input,
    mappingColumns.filter((column) => column !== 'unit'),
  )
  if (read.outcome === 'refused') return read
  return { outcome: 'rows', rows: read.rows.map((row) => ('refused' in row ? row : readRow(row.line, row.cellOf))) }
}

const readRow = (line: number, cellOf: CellOf<Column>): ReadRow => {
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
  return parsed.success ? { line, row: parsed.data } : { line, refused: wordsOfFaults(parsed.error) }
}
