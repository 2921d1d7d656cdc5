/** export: records as JSON lines, or transactions as rows for a spreadsheet, to standard output or into a file. */
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { conflictPayloadSchema, type TidelineRecord } from '#sync/contract/record.ts'
import { transactionSchema, type Transaction } from '#sync/contract/transaction.ts'
import { chosenLife, findJournal, readLife } from './folder.ts'
import { contentOf, selectionOptions, selectorOf } from './selection.ts'
import { header, rowOf } from './spreadsheet.ts'
import { Complaint, type Verb } from './verb.ts'

const formats = {
  jsonl: (record: TidelineRecord): string => `${JSON.stringify(record)}\n`,
  csv: (record: TidelineRecord): string => csvOf(record),
}

const csvOf = (record: TidelineRecord): string => {
  const transaction = transactionOf(record)
  return transaction ? rowOf(record, transaction) : ''
}

/** Null for what is none, or of another version. */
const transactionOf = ({ kind, payload }: TidelineRecord): Transaction | null => {
  if (kind === 'transaction') return transactionSchema.safeParse(JSON.parse(payload)).data ?? null
  return kind === 'conflict' ? (conflictPayloadSchema.safeParse(JSON.parse(payload)).data?.transaction ?? null) : null
}

const flushCharacters = 1_000_000

const openOutput = async (path: string | undefined): Promise<{ write(text: string): Promise<void>; close(): Promise<void> }> => {
  if (path === undefined) {
    const write = (text: string): Promise<void> => new Promise((resolve) => process.stdout.write(text, () => resolve()))
    return { write, close: async () => undefined }
  }
  const file = await open(path, 'wx').catch((fault: Error & { code?: string }) => {
    throw new Complaint(
      fault.code === 'EEXIST' ? `${path} is there already; name a new file` : `${path} cannot be written: ${fault.message}`,
    )
  })
  return { write: async (text) => void (await file.write(text)), close: () => file.close() }
}

export const exportRecords: Verb = {
  usage: '  export [--format jsonl|csv] [--out FILE] [--from N] [--to N] [--day D] [--workstation W] [--kind K] [--life L]',
  run: async (args) => {
    const options = { ...selectionOptions, format: { type: 'string' }, out: { type: 'string' } } as const
    const { values } = parseArgs({ args: [...args], options })
    const format = values.format ?? 'jsonl'
    if (format !== 'jsonl' && format !== 'csv') throw new Complaint(`--format is jsonl or csv, not "${format}"`)
    const isAsked = selectorOf(values)
    const folder = await findJournal(values.data)
    const life = await chosenLife(folder, values.life)
    const output = await openOutput(values.out)
    let pending = format === 'csv' ? header : ''
    let count = 0
    /** A second attempt goes on behind what was written. */
    let writtenTo = 0
    const take = async (record: TidelineRecord): Promise<void> => {
      if (record.seq <= writtenTo || !isAsked(record, contentOf(record))) return
      const text = formats[format](record)
      writtenTo = record.seq
      count += text === '' ? 0 : 1
      pending += text
      if (pending.length < flushCharacters) return
      await output.write(pending)
      pending = ''
    }
    const loaded = await readLife(
      folder,
      life,
      () =>
        ({ record }) =>
          take(record),
    )
    await output.write(pending)
    await output.close()
    const wrong = loaded.findings.filter(({ kind }) => kind !== 'torn-tail').length
    console.error(`${count} of ${loaded.records} records of ${life.incarnation}${wrong > 0 ? '; the journal is damaged, see verify' : ''}`)
    return wrong > 0 ? 1 : 0
  },
}
