/** Checks files one after the other and reports on each. The exit code: 0 when all was understood, 1 when not, 2 when a file cannot be read. */
import { decimalFromInteger } from '#sync/capture/decimal.ts'
import { minorDigits } from '#sync/capture/currency.ts'
import { assumeHints } from './assumptions.ts'
import { type FileRead, readFileItems } from './file-reading.ts'
import type { CheckOptions } from './options.ts'
import { addTally, emptyTally, type SeenKeys, type Tally, tallyItem } from './tally.ts'

export const checkFiles = async (options: CheckOptions): Promise<number> => {
  const sum = emptyTally()
  const seen: SeenKeys = new Map()
  let unreadable = 0
  for (const path of options.files) {
    try {
      const { hints, notes } = await assumeHints(path, options)
      const tally = emptyTally()
      const read = await readFileItems(path, hints, (item) => tallyItem(tally, item, seen))
      tally.byDialect[read.dialect] = tally.taken
      addTally(sum, tally)
      if (!options.json) process.stdout.write(`${reportOf(path, read, notes, tally)}\n`)
    } catch (error) {
      unreadable += 1
      process.stderr.write(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
  const { taken, duplicates, conflicts, quarantined, warnings, byKind, byDialect, totals } = sum
  if (options.json)
    process.stdout.write(`${JSON.stringify({ taken, duplicates, conflicts, quarantined, warnings, byKind, byDialect, totals })}\n`)
  else if (options.files.length > 1) process.stdout.write(`all files: ${countsOf(sum)}\n`)
  if (unreadable > 0) return 2
  return quarantined + conflicts > 0 ? 1 : 0
}

const countsOf = ({ taken, duplicates, conflicts, quarantined }: Tally): string =>
  `${taken} taken, ${duplicates} known already, ${conflicts} in conflict, ${quarantined} quarantined`

const listOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

const reportOf = (path: string, { dialect, encoding }: FileRead, notes: readonly string[], tally: Tally): string => {
  const days = Object.entries(tally.businessDays).sort(([a], [b]) => (a < b ? -1 : 1))
  const hidden = tally.quarantined + tally.conflicts - tally.problems.length
  return [
    `${path}`,
    `  read as     ${dialect}, ${encoding}`,
    ...notes.map((note) => `  assumed     ${note}`),
    `  found       ${countsOf(tally)}`,
    ...(tally.warnings > 0 ? [`  warnings    ${tally.warnings}, kept with their transactions`] : []),
    ...(tally.taken > 0 ? [`  kinds       ${listOf(tally.byKind)}`, `  days        ${listOf(Object.fromEntries(days))}`] : []),
    ...Object.entries(tally.totals).map(
      ([currency, { transactions, grandMinor }]) =>
        `  total       ${decimalFromInteger(grandMinor, minorDigits(currency))} ${currency} in ${transactions} transactions`,
    ),
    ...tally.warned.map(({ where, messages }) => `  warning     ${where}: ${messages.join('; ')}`),
    ...tally.problems.map(({ where, messages }) => `  problem     ${where}: ${messages.join('; ')}`),
    ...(hidden > 0 ? [`  problems    ${hidden} more`] : []),
  ].join('\n')
}
