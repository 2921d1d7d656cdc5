/** Mappings as CSV [IDN9]. Pure. */
import { issueWords, readTable, type Table, type TableReading, type TableRow, writeTable } from '../csv-table.ts'
import { type MappingEntry, type MappingRow, mappingRowSchema } from './mapping-entry.ts'

export const mappingColumns = ['list', 'scope', 'scope_id', 'kind', 'code', 'target', 'unit', 'owner'] as const

export type ReadRow = TableRow<MappingRow>
export type CsvReading = TableReading<MappingRow>

export const writeMappingCsv = (entries: readonly MappingEntry[]): string =>
  writeTable([mappingColumns, ...entries.map((e) => [e.list, e.scope, e.scopeId, e.kind, e.code, e.target, e.unit ?? '', e.owner])])

const table: Table<(typeof mappingColumns)[number], MappingRow> = {
  columns: mappingColumns,
  optional: ['unit'],
  read: (cellOf) => {
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
    return parsed.success ? { row: parsed.data } : { refused: issueWords(parsed.error) }
  },
}

export const readMappingCsv = (input: string): CsvReading => readTable(input, table)
