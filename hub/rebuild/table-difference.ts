/** What a rebuild found in one table, and how a person is told of it. Pure. */
import { z } from 'zod'

export const exampleSchema = z.object({
  /** missing: the live side lacks the row · surplus: it should not be there · changed: it says something else */
  what: z.enum(['missing', 'surplus', 'changed']),
  key: z.record(z.string(), z.string()),
  /** Of a changed row: what was there, and what the log comes to. Null for what is too long to show. */
  columns: z.array(z.object({ name: z.string(), was: z.string().nullable(), is: z.string().nullable() })),
})
export type Example = z.infer<typeof exampleSchema>

export const tableDifferenceSchema = z.object({
  table: z.string(),
  /** What its rows are, for people. */
  rowsAre: z.string(),
  rows: z.int(),
  missing: z.int(),
  surplus: z.int(),
  changed: z.int(),
  /** The live side keeps surplus and changed rows: what was told to the ERP is not taken back. */
  onlyAdds: z.boolean(),
  examples: z.array(exampleSchema),
})
export type TableDifference = z.infer<typeof tableDifferenceSchema>

export const examplesShown = 3

export const differs = ({ missing, surplus, changed }: TableDifference): boolean => missing + surplus + changed > 0

const number = (count: number): string => count.toLocaleString('en-GB')

const counted = (count: number, singular: string, plural: string): string[] =>
  count === 0 ? [] : [`${number(count)} ${count === 1 ? singular : plural}`]

const wordKey = (key: Example['key']): string =>
  Object.entries(key)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

const wordValue = (value: string | null): string => value ?? '(long)'

export const wordExample = ({ what, key, columns }: Example): string => {
  if (what === 'missing') return `${wordKey(key)}: missing`
  if (what === 'surplus') return `${wordKey(key)}: should not be there`
  return `${wordKey(key)}: ${columns.map(({ name, was, is }) => `${name} was ${wordValue(was)} and comes to ${wordValue(is)}`).join('; ')}`
}

/** One line a table. */
export const wordTable = (difference: TableDifference): string => {
  const { rowsAre, rows, missing, surplus, changed, examples } = difference
  if (!differs(difference)) return `${rowsAre}: ${number(rows)}, all as the log has them`
  const counts = [
    ...counted(changed, 'is wrong', 'are wrong'),
    ...counted(missing, 'is missing', 'are missing'),
    ...counted(surplus, 'should not be there', 'should not be there'),
  ]
  const some = examples.slice(0, examplesShown).map(wordExample)
  return [`${rowsAre}: of ${number(rows)}, ${counts.join(', ')}`, ...(some.length > 0 ? [`for example ${some.join(' | ')}`] : [])].join(
    '; ',
  )
}

/** What the whole came to, in a sentence. */
export const wordOutcome = (projection: string, mode: 'replace' | 'compare', differences: readonly TableDifference[]): string => {
  const wrong = differences.filter(differs)
  if (wrong.length === 0) return `The projection ${projection} is what the log comes to.`
  const rows = wrong.reduce((sum, { missing, surplus, changed }) => sum + missing + surplus + changed, 0)
  const kept = wrong.filter(({ onlyAdds, surplus, changed }) => onlyAdds && surplus + changed > 0)
  const done =
    mode === 'compare'
      ? 'Nothing was changed: only a comparison was asked for'
      : kept.length > 0
        ? `It is put right, but for ${kept.map(({ rowsAre }) => rowsAre).join(' and ')}: what the ERP may have been told is kept as it was`
        : 'It is put right'
  return `The projection ${projection} was not what the log comes to, in ${number(rows)} ${rows === 1 ? 'row' : 'rows'}. ${done}. ${wrong.map(wordTable).join('. ')}.`
}
