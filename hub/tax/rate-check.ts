/**
 * What an import of tax rates would do, line by line, before it does anything [IDN11]. Pure. A line with the jurisdiction, category and first day of
 * a rate in force corrects it; two rates that would be in force on one day contradict each other, and both lines are refused.
 */
import { issueWords, readTable, type Table, type TableReading, type TableRow, writeTable } from '../csv-table.ts'
import { grouped } from '../grouped.ts'
import { overlap, percentOf, placeOfRate, readPercent, type TaxRate, taxRateSchema } from './rate.ts'

export const taxRateColumns = ['jurisdiction', 'category', 'percent', 'effective_from', 'effective_to'] as const

export type ReadRate = TableRow<TaxRate>

export const writeTaxRateCsv = (rates: readonly TaxRate[]): string =>
  writeTable([
    taxRateColumns,
    ...rates.map((r) => [r.jurisdiction, r.category, percentOf(r.rateMicro), r.effectiveFrom, r.effectiveTo ?? '']),
  ])

const table: Table<(typeof taxRateColumns)[number], TaxRate> = {
  columns: taxRateColumns,
  optional: [],
  read: (cellOf) => {
    const rateMicro = readPercent(cellOf('percent'))
    if (rateMicro === undefined)
      return { refused: `Column percent: “${cellOf('percent')}” is no percentage of at most four decimals, as 25 or 5.5.` }
    const parsed = taxRateSchema.safeParse({
      jurisdiction: cellOf('jurisdiction'),
      category: cellOf('category'),
      rateMicro,
      effectiveFrom: cellOf('effective_from'),
      effectiveTo: cellOf('effective_to') || null,
    })
    return parsed.success ? { row: parsed.data } : { refused: issueWords(parsed.error) }
  },
}

export const readTaxRateCsv = (input: string): TableReading<TaxRate> => readTable(input, table)

export interface CheckedRates {
  lines: { line: number; outcome: 'accepted' | 'unchanged' | 'refused'; reason?: string }[]
  refused: number
  /** All rates as they would be, by place: of use when nothing is refused. */
  rates: TaxRate[]
}

/** `replace`: rates of the jurisdictions that the import names, and that it does not hold, go. */
export const checkTaxRates = (rows: readonly ReadRate[], inForce: readonly TaxRate[], mode: 'add' | 'replace'): CheckedRates => {
  const reasons = new Map<number, string>()
  const refuse = (line: number, reason: string): void => void (reasons.has(line) || reasons.set(line, reason))
  const given: { line: number; rate: TaxRate }[] = []
  for (const row of rows) {
    if ('refused' in row) refuse(row.line, row.refused)
    else if (row.row.effectiveTo !== null && row.row.effectiveTo < row.row.effectiveFrom)
      refuse(row.line, `It ends on ${row.row.effectiveTo}, before it begins on ${row.row.effectiveFrom}.`)
    else given.push({ line: row.line, rate: row.row })
  }
  const places = new Set(given.map(({ rate }) => placeOfRate(rate)))
  const jurisdictions = new Set(given.map(({ rate }) => rate.jurisdiction))
  const kept = inForce.filter((rate) => !places.has(placeOfRate(rate)) && (mode === 'add' || !jurisdictions.has(rate.jurisdiction)))
  const rivals = grouped(given, ({ rate }) => JSON.stringify([rate.jurisdiction, rate.category]))
  for (const { line, rate } of [...rivals.values()].flat()) {
    const among = rivals.get(JSON.stringify([rate.jurisdiction, rate.category])) ?? []
    const other = among.find((each) => each.line !== line && overlap(each.rate, rate))
    if (other) refuse(line, contradiction(rate, other.rate, `line ${other.line}`))
    const before = kept.find((each) => overlap(each, rate))
    if (before) refuse(line, contradiction(rate, before, 'the master'))
  }
  const before = new Map(inForce.map((rate) => [placeOfRate(rate), JSON.stringify(rate)]))
  const lines = rows.map((row): CheckedRates['lines'][number] => {
    const reason = reasons.get(row.line)
    if (reason !== undefined) return { line: row.line, outcome: 'refused', reason }
    const isSame = 'row' in row && before.get(placeOfRate(row.row)) === JSON.stringify(row.row)
    return { line: row.line, outcome: isSame ? 'unchanged' : 'accepted' }
  })
  const rates = [...kept, ...given.map(({ rate }) => rate)].sort((a, b) => (placeOfRate(a) < placeOfRate(b) ? -1 : 1))
  return { lines, refused: reasons.size, rates }
}

const span = ({ effectiveFrom, effectiveTo }: TaxRate): string =>
  `from ${effectiveFrom} ${effectiveTo === null ? 'on' : `to ${effectiveTo}`}`

const contradiction = (rate: TaxRate, other: TaxRate, where: string): string => {
  const day = rate.effectiveFrom > other.effectiveFrom ? rate.effectiveFrom : other.effectiveFrom
  return `“${rate.category}” in ${rate.jurisdiction} is ${percentOf(rate.rateMicro)} % ${span(rate)}, and ${percentOf(other.rateMicro)} % ${span(other)} (${where}): on ${day} both would be in force. Give one of them an end, in this import.`
}
