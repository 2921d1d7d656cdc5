/** What the hub says of an import, for people: each refused line with its reason, then the outcome in one sentence. Pure. */
import type { ImportAnswer } from './hub-call.ts'

const count = (lines: ImportAnswer['lines'], outcome: ImportAnswer['lines'][number]['outcome']): number =>
  lines.filter((line) => line.outcome === outcome).length

const linesOf = (number: number): string => (number === 1 ? '1 line' : `${number} lines`)

export const importReport = ({ outcome, version, refused, lines }: ImportAnswer): string => {
  const refusals = lines.flatMap((line) => (line.outcome === 'refused' ? [`line ${line.line}: ${line.reason ?? 'refused'}`] : []))
  const changes = `${linesOf(count(lines, 'accepted'))} new or changed, ${count(lines, 'unchanged')} as before`
  const end = {
    checked: `All is well: ${changes}. Nothing was changed.`,
    refused: `${linesOf(refused)} of ${lines.length} refused; nothing took effect.`,
    unchanged: 'All of it is in force already.',
    'in-force': `In force${version === undefined ? '' : ` as version ${version}`}: ${changes}.`,
  }[outcome]
  return [...refusals, end].join('\n')
}
