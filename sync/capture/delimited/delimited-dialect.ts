/**
 * Delimited files that a mapping describes: comma, semicolon, tab, pipe; a line item a row, or record types. A file is known by the
 * mapping's file names, unless its text is plainly XML or JSON.
 */
import { type CapturedItem, type CaptureHints, quarantinedItem, reasonOf } from '../captured-item.ts'
import type { Dialect, DialectReader } from '../dialect.ts'
import { mappingFor } from './applies.ts'
import { columnsOf, type DelimitedMapping, namesFor } from './mapping.ts'
import type { Row } from './row.ts'
import { createAssembler } from './row-reader.ts'
import { createRowSplitter, type SplitRow } from './row-splitter.ts'

export const delimitedDialect: Dialect = {
  name: 'delimited',
  recognises: ({ text }, hints) => text !== '' && !/^(?:<[?!\w]|[{[]\s*["{[\]}])/.test(text) && mappingFor(hints) !== undefined,
  open: (hints) => {
    const mapping = mappingFor(hints)
    return mapping ? openDelimited(mapping, hints) : nothingToRead
  },
}

const nothingToRead: DialectReader = { write: () => [], end: () => [] }

const openDelimited = (mapping: DelimitedMapping, hints: CaptureHints): DialectReader => {
  let names: readonly string[] | undefined = mapping.header ? undefined : mapping.columns
  let toSkip = mapping.skipLines
  let found = 0
  let refusal: CapturedItem | undefined
  const assembler = createAssembler(mapping, hints)
  const splitter = createRowSplitter(mapping, (cells) => shapeFault(cells, names, mapping) === undefined)

  const takeHeader = (row: SplitRow): void => {
    names = row.cells.map((name) => name.trim())
    const missing = missingColumns(mapping, names)
    if (missing.length > 0)
      refusal = quarantinedItem(
        missing.map((column) => reasonOf('INVALID', `mapping "${mapping.name}": the header has no column "${column}"`, `line ${row.line}`)),
        row.raw,
        'header',
      )
  }
  const takeRow = (row: SplitRow): CapturedItem[] => {
    if (toSkip > 0) {
      toSkip -= 1
      return []
    }
    if (mapping.header && names === undefined) {
      takeHeader(row)
      return []
    }
    if (mapping.header && names?.every((name, index) => row.cells[index]?.trim() === name)) return []
    return assembler.add(rowOfCells(row, names, mapping))
  }
  const takeRows = (rows: readonly SplitRow[]): CapturedItem[] => {
    const items: CapturedItem[] = []
    for (const row of rows) if (!refusal) items.push(...takeRow(row))
    found += items.length
    return items
  }

  return {
    write: (chunk) => takeRows(splitter.write(chunk)),
    end: () => {
      const items = [...takeRows(splitter.end()), ...(refusal ? [] : assembler.end())]
      if (refusal) return [...items, refusal]
      if (found + items.length > 0) return items
      return [
        quarantinedItem([reasonOf('INVALID', `mapping "${mapping.name}": the file holds no transaction`, 'document')], '', 'document'),
      ]
    },
  }
}

/** Names that a rule without columns of its own asks for, and the header does not have. */
const missingColumns = (mapping: DelimitedMapping, names: readonly string[]): string[] => {
  const keys = mapping.transactions.begin === 'when-changes' ? mapping.transactions.columns : []
  const asked = [...keys, ...mapping.rows.filter((rule) => namesFor(mapping, rule) === undefined).flatMap(columnsOf)]
  return [...new Set(asked.flatMap((column) => (typeof column === 'string' && !names.includes(column) ? [column] : [])))]
}

const shapeFault = (cells: readonly string[], names: readonly string[] | undefined, mapping: DelimitedMapping): string | undefined => {
  if (!names || cells.length === names.length) return undefined
  if (cells.length < names.length && mapping.shortRows) return undefined
  // Some write a delimiter behind the last column as well.
  if (cells.length > names.length && cells.slice(names.length).every((cell) => cell.trim() === '')) return undefined
  return `it has ${cells.length} columns where ${names.length} are named`
}

const rowOfCells = (
  { cells, line, raw, fault, last }: SplitRow,
  fileNames: readonly string[] | undefined,
  mapping: DelimitedMapping,
): Row => ({
  place: `line ${line}`,
  cell: (column, names) => {
    const index = typeof column === 'number' ? column - 1 : placeOf(names ?? fileNames, column)
    const isNamed = typeof column === 'number' ? false : index >= 0
    return cells[index] ?? (isNamed && mapping.shortRows ? '' : undefined)
  },
  raw,
  faults: (names) => {
    if (fault === 'quotes') return ['its quotes are broken']
    if (fault === 'too-long') return ['it is too long']
    const shape = shapeFault(cells, names ?? fileNames, mapping)
    return shape === undefined ? [] : [shape]
  },
  isUnfinished: last === true,
  isEmpty: fault === undefined && cells.every((cell) => cell.trim() === ''),
})

const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

/** The first column of that name; -1 where there is none. */
const placeOf = (names: readonly string[] | undefined, column: string): number => {
  if (!names) return -1
  const known = places.get(names) ?? new Map(names.map((name, index) => [name, index] as const).reverse())
  places.set(names, known)
  return known.get(column) ?? -1
}
