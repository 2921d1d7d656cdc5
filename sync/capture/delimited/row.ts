/** One row of a file or of a database, by column: what the rules of a mapping read, wherever it comes from. */
import type { ColumnRef } from './mapping.ts'

export interface Row {
  /** "line 12", or "row 12" of a database. */
  place: string
  /** Undefined where there is no such column. `names` are those of the rule, where it names its own. */
  cell(column: ColumnRef, names: readonly string[] | undefined): string | undefined
  /** As it came, for the quarantine. */
  raw: string
  /** What is wrong with the row itself: its quotes, its number of columns. */
  faults(names: readonly string[] | undefined): string[]
  isEmpty: boolean
  /** The file ends within it: more of it may be on its way. */
  isUnfinished: boolean
}

/** A row of a database: fields by name, null is empty. */
export const rowOfFields = (fields: Readonly<Record<string, string | null>>, number: number): Row => {
  const values = Object.values(fields)
  return {
    place: `row ${number}`,
    cell: (column) => {
      const value = typeof column === 'number' ? values[column - 1] : Object.hasOwn(fields, column) ? fields[column] : undefined
      return value === null ? '' : value
    },
    raw: JSON.stringify(fields),
    faults: () => [],
    isEmpty: false,
    isUnfinished: false,
  }
}
