/** Rows to what capture takes: a column that holds a whole document, or named columns through a mapping. */
import type { CapturedItem } from '#sync/capture/captured-item.ts'
import { quarantinedItem, reasonOf } from '#sync/capture/captured-item.ts'
import type { Capture, Origin } from '../capture.ts'
import { type NumberedRow, strayMessage } from './page.ts'
import type { Cell, SourceRow } from './rows.ts'

export const tapOf = (source: string): string => `database ${source}`

/** A mapping's reader: the items that became whole with a row, and the last one at the end. */
export interface RowReader {
  write(fields: Readonly<Record<string, string | null>>): CapturedItem[]
  end(): CapturedItem[]
}

export interface RowItems {
  origin: Origin
  items: CapturedItem[]
}

/** `heldFrom`: rows from this number on belong to a transaction that may go on in the next page. */
export interface ReadRows {
  groups: RowItems[]
  heldFrom?: bigint
}

export type ReadRowsOf = (rows: readonly NumberedRow[], isLast: boolean, takenUpTo: bigint | null) => Promise<ReadRows>

export const documentRows =
  (source: string, column: string, capture: Capture): ReadRowsOf =>
  async (rows) => {
    const groups: RowItems[] = []
    for (const { number, row } of rows) {
      const origin = { source: `database ${source}, row ${number}`, tap: tapOf(source) }
      const cell = row[column] ?? null
      if (cell === null) {
        const reason = reasonOf('INVALID', `the column "${column}" is empty or not there`, `row ${number}`)
        groups.push({ origin, items: [quarantinedItem([reason], rowText(row), `row ${number}`)] })
        continue
      }
      const input = { ...origin, bytes: typeof cell === 'string' ? new TextEncoder().encode(cell) : cell }
      groups.push({ origin: input, items: await capture.read(input) })
    }
    return { groups }
  }

/** `takenUpTo`: a re-read that may begin in the middle of a transaction; what begins at or before it was taken as a whole before. */
export const mappedRows =
  (source: string, openReader: () => RowReader): ReadRowsOf =>
  async (rows, isLast, takenUpTo) => {
    const reader = openReader()
    const groups: RowItems[] = []
    let begins = rows[0]?.number ?? 0n
    let isFirst = true
    const add = (items: readonly CapturedItem[]): void => {
      const mayBeCut = isFirst && takenUpTo !== null && begins <= takenUpTo
      for (const item of mayBeCut ? items.slice(1) : items)
        groups.push({
          origin: { source: `database ${source}, row ${begins}`, tap: tapOf(source) },
          items: [{ ...item, where: `row ${begins}` }],
        })
      if (items.length > 0) isFirst = false
    }
    for (const { number, row } of rows) {
      const items = reader.write(Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellText(cell)])))
      if (items.length === 0) continue
      add(items)
      begins = number
    }
    if (!isLast) return { groups, heldFrom: begins }
    add(reader.end())
    return { groups }
  }

export const strayItem = (watermark: string, row: SourceRow): CapturedItem =>
  quarantinedItem([reasonOf('INVALID', strayMessage(watermark, row))], rowText(row), 'a row without a number')

const cellText = (cell: Cell): string | null => (cell instanceof Uint8Array ? new TextDecoder().decode(cell) : cell)

export const rowText = (row: SourceRow): string =>
  JSON.stringify(Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellText(cell)])))
