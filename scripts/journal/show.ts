/** show: a line for each record, for people. */
import { parseArgs } from 'node:util'
import { minorDigits } from '#sync/capture/currency.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { chosenLife, findJournal, readLife } from './folder.ts'
import { decimal } from './spreadsheet.ts'
import { type Content, contentOf, selectionOptions, selectorOf } from './selection.ts'
import type { Verb } from './verb.ts'

const amountOf = ({ totals, currency }: Content): string => {
  const grand = typeof totals === 'object' && totals !== null && 'grandMinor' in totals ? totals.grandMinor : null
  return typeof grand === 'number' && typeof currency === 'string' ? `${decimal(grand, minorDigits(currency))} ${currency}` : ''
}

const reasonOf = ({ kind, payload }: TidelineRecord): string => {
  if (kind !== 'quarantine' && kind !== 'exception') return ''
  const content = JSON.parse(payload) as { message?: string; reasons?: { code: string; message: string }[] }
  return content.message ?? content.reasons?.map((reason) => `${reason.code}: ${reason.message}`).join('; ') ?? ''
}

const lineOf = (record: TidelineRecord, content: Content): string => {
  const till = content.workstationId === undefined ? '-' : `${content.workstationId} no. ${content.sequenceNumber ?? '-'}`
  const what = record.kind === 'transaction' || record.kind === 'conflict' ? (content.kind ?? '') : ''
  const columns = [
    String(record.seq).padStart(8),
    record.capturedAt,
    record.kind.padEnd(11),
    (content.businessDay ?? '-').padEnd(10),
    till.padEnd(18),
  ]
  return [...columns, what.padEnd(10), amountOf(content).padStart(14), reasonOf(record)].join('  ').trimEnd()
}

export const show: Verb = {
  usage: '  show [--from N] [--to N] [--day D] [--workstation W] [--kind K] [--life L]',
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: selectionOptions })
    const isAsked = selectorOf(values)
    const folder = await findJournal(values.data)
    const life = await chosenLife(folder, values.life)
    let lines: string[] = []
    const loaded = await readLife(folder, life, () => {
      lines = []
      return ({ record }) => {
        const content = contentOf(record)
        if (isAsked(record, content)) lines.push(lineOf(record, content))
      }
    })
    console.log(`  record  captured at               what         day         till                kind              amount`)
    if (lines.length > 0) console.log(lines.join('\n'))
    console.log(`${lines.length} of ${loaded.records} records of ${life.incarnation}`)
    return 0
  },
}
