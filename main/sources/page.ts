/**
 * One answer of a source's query. A full page may end in the middle of rows that share a number, as when a query joins receipts with
 * their lines: its last number is left for the next page.
 */
import type { SourceRow } from './rows.ts'

export interface NumberedRow {
  number: bigint
  row: SourceRow
}

export type Page =
  | { outcome: 'page'; rows: NumberedRow[]; isLast: boolean }
  /** All rows of a full page have one number: it has to be larger. */
  | { outcome: 'crowded' }
  | { outcome: 'fault'; message: string }

const integer = /^-?\d{1,30}(?:\.0*)?$/

export const readPage = (rows: readonly SourceRow[], watermark: string, after: bigint, limit: number): Page => {
  const numbered: NumberedRow[] = []
  let before = after
  for (const row of rows) {
    const cell = row[watermark]
    if (cell === undefined) return { outcome: 'fault', message: `the query gives no column "${watermark}"` }
    const text = typeof cell === 'string' ? cell.trim() : ''
    if (!integer.test(text))
      return { outcome: 'fault', message: `"${watermark}" must be an integer that the database gives, not "${String(cell)}"` }
    const number = BigInt(text.split('.', 1)[0] ?? '')
    if (number < before || number <= after)
      return { outcome: 'fault', message: `the rows must ascend by "${watermark}" and begin after :after; ${number} came after ${before}` }
    numbered.push({ number, row })
    before = number
  }
  if (rows.length < limit) return { outcome: 'page', rows: numbered, isLast: true }
  const whole = numbered.filter(({ number }) => number !== before)
  return whole.length === 0 ? { outcome: 'crowded' } : { outcome: 'page', rows: whole, isLast: false }
}
