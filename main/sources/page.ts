/**
 * One answer of a source's query. A full page may end in the middle of rows that share a number, as when a query joins receipts with
 * their lines: its last number is left for the next page. A row among them that has no number, as text may be in a column of SQLite, is
 * a stray: it holds up no other.
 */
import type { SourceRow } from './rows.ts'

export interface NumberedRow {
  number: bigint
  row: SourceRow
}

export type Page =
  | { outcome: 'page'; rows: NumberedRow[]; strays: SourceRow[]; isLast: boolean }
  /** All rows of a full page have one number: it has to be larger. */
  | { outcome: 'crowded' }
  | { outcome: 'fault'; message: string }

export const strayMessage = (watermark: string, row: SourceRow): string =>
  `"${watermark}" must be an integer that the database gives, not "${String(row[watermark]).slice(0, 100)}"`

const integer = /^-?\d{1,30}(?:\.0*)?$/

export const readPage = (rows: readonly SourceRow[], watermark: string, after: bigint, limit: number): Page => {
  const numbered: NumberedRow[] = []
  const strays: SourceRow[] = []
  let before = after
  for (const row of rows) {
    const cell = row[watermark]
    if (cell === undefined) return { outcome: 'fault', message: `the query gives no column "${watermark}"` }
    const text = typeof cell === 'string' ? cell.trim() : ''
    if (!integer.test(text)) {
      strays.push(row)
      continue
    }
    const number = BigInt(text.split('.', 1)[0] ?? '')
    if (number < before || number <= after)
      return { outcome: 'fault', message: `the rows must ascend by "${watermark}" and begin after :after; ${number} came after ${before}` }
    numbered.push({ number, row })
    before = number
  }
  const isLast = rows.length < limit
  const [stray] = strays
  // Where there never was a number, or no room for one, it is the column that is wrong.
  if (stray && numbered.length === 0 && (after < 0n || !isLast)) return { outcome: 'fault', message: strayMessage(watermark, stray) }
  if (isLast) return { outcome: 'page', rows: numbered, strays, isLast }
  const whole = numbered.filter(({ number }) => number !== before)
  return whole.length === 0 ? { outcome: 'crowded' } : { outcome: 'page', rows: whole, strays, isLast }
}
