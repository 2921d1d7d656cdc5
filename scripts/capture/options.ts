/** The command line of `npm run capture -- check`, with its mappings read; or how it is to be used. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type DelimitedMapping, readMapping } from '#sync/capture/delimited/mapping.ts'

export interface CheckOptions {
  files: string[]
  store?: string
  currency?: string
  timeZone?: string
  mappings: DelimitedMapping[]
  json: boolean
}

export type OptionsResult = { outcome: 'options'; options: CheckOptions } | { outcome: 'usage'; message: string }

const usage = `npm run capture -- check FILE...
  --store ID        the store whose tills these are; else the one that most of a file names
  --currency CODE   the store's currency; else the one that most of a file names
  --time-zone ZONE  for times without an offset (IANA name; else UTC)
  --mapping FILE    how delimited files are to be read; may be given several times
  --json            one line of JSON on stdout instead of the report
Ends with 0 when all was understood, with 1 when something was quarantined or conflicts.`

export const readOptions = (args: string[]): OptionsResult => {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        store: { type: 'string' },
        currency: { type: 'string' },
        'time-zone': { type: 'string' },
        mapping: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
      },
    })
    const [command, ...files] = positionals
    if (command !== 'check' || files.length === 0) return { outcome: 'usage', message: usage }
    const timeZone = values['time-zone']
    if (timeZone !== undefined) new Intl.DateTimeFormat('en', { timeZone })
    const options: CheckOptions = {
      files,
      mappings: (values.mapping ?? []).map(readMappingFile),
      json: values.json,
      ...(values.store === undefined ? {} : { store: values.store }),
      ...(values.currency === undefined ? {} : { currency: values.currency }),
      ...(timeZone === undefined ? {} : { timeZone }),
    }
    return { outcome: 'options', options }
  } catch (error) {
    return { outcome: 'usage', message: `${error instanceof Error ? error.message : String(error)}\n\n${usage}` }
  }
}

const readMappingFile = (path: string): DelimitedMapping => {
  const read = readMapping(readFileSync(path, 'utf8'))
  if (read.ok) return read.mapping
  throw new Error(`the mapping ${path} cannot be used:\n${read.problems.map((problem) => `  ${problem}`).join('\n')}`)
}
