/** npm run mapping -- VERB …: checks, imports, exports and restores the hub's mapping (or tax rates) over its HTTP API [IDN15]. */
import { readFile, writeFile } from 'node:fs/promises'
import { type Ask, asOperator, HubComplaint, importAnswerSchema, jsonOf, readToken, versionsSchema } from './mapping/hub-call.ts'
import { type MappingOptions, readOptions } from './mapping/options.ts'
import { importReport } from './mapping/report.ts'

type OptionsOf<V> = Extract<MappingOptions, { verb: V }>

const queryOf = (values: Record<string, string | boolean | undefined>): string =>
  new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString()

const sendFile = async (options: OptionsOf<'check' | 'import'>, ask: Ask): Promise<number> => {
  const { file, by, why, mode, takeOver, isTaxes } = options
  const csv = await readFile(file, 'utf8').catch((error: Error) => {
    throw new HubComplaint(`${file} cannot be read: ${error.message}`)
  })
  const query = queryOf({ by, why, mode, dryRun: options.verb === 'check', ...(isTaxes ? {} : { takeOver }) })
  return tell(options, await ask(`/v1/${isTaxes ? 'tax-rates' : 'mappings'}/import?${query}`, { csv }))
}

const tell = ({ json }: MappingOptions, text: string): number => {
  const answer = importAnswerSchema.parse(jsonOf(text))
  console.log(json ? JSON.stringify(answer) : importReport(answer))
  return answer.outcome === 'refused' ? 1 : 0
}

const write = async ({ file, version, list, isTaxes }: OptionsOf<'export'>, ask: Ask): Promise<number> => {
  const csv = await ask(isTaxes ? '/v1/tax-rates' : `/v1/mappings?${queryOf({ version, list })}`)
  if (file === undefined) process.stdout.write(csv)
  else await writeFile(file, csv)
  return 0
}

const showVersions = async ({ json }: MappingOptions, ask: Ask): Promise<number> => {
  const { versions } = versionsSchema.parse(jsonOf(await ask('/v1/mappings/versions')))
  if (json) console.log(JSON.stringify({ versions }))
  else if (versions.length === 0) console.log('There is no version yet.')
  for (const { version, madeAt, by, why, restored, entries } of json ? [] : versions)
    console.log(`${version}  ${madeAt}  ${by}: ${why}${restored === null ? '' : ` (brings back version ${restored})`}; ${entries} entries`)
  return 0
}

const run = async (options: MappingOptions): Promise<number> => {
  const ask = asOperator(options.hub, await readToken(process.env))
  switch (options.verb) {
    case 'check':
    case 'import':
      return sendFile(options, ask)
    case 'export':
      return write(options, ask)
    case 'versions':
      return showVersions(options, ask)
    case 'restore': {
      const { version, by, why, dryRun } = options
      return tell(options, await ask(`/v1/mappings/versions/${version}/restore`, { json: { by, why, dryRun } }))
    }
  }
}

// Output into `head` ends early, and that is all right.
process.stdout.on('error', () => process.exit(0))
const read = readOptions(process.argv.slice(2), process.env)
if (read.outcome === 'usage') {
  console.error(read.message)
  process.exitCode = 2
} else
  process.exitCode = await run(read.options).catch((fault: unknown) => {
    if (!(fault instanceof HubComplaint)) throw fault
    console.error(fault.message)
    return 2
  })
