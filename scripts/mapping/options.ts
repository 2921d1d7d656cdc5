/** The command line of `npm run mapping`; or how it is to be used. */
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'

interface Common {
  hub: string
  json: boolean
  /** The tax rates instead of the mapping. */
  isTaxes: boolean
}
export type MappingOptions = Common &
  (
    | { verb: 'check' | 'import'; file: string; by: string; why: string; mode: 'add' | 'replace'; takeOver: boolean }
    | { verb: 'export'; file: string | undefined; version: string | undefined; list: string | undefined }
    | { verb: 'versions' }
    | { verb: 'restore'; version: string; by: string; why: string; dryRun: boolean }
  )
export type OptionsResult = { outcome: 'options'; options: MappingOptions } | { outcome: 'usage'; message: string }

export const usage = `npm run mapping -- VERB …
  check FILE         what an import would do, line by line; nothing changes
  import FILE        all lines take effect as one version, or none does; --why TEXT is needed
    --replace        entries of the file's lists that the file does not hold go
    --take-over      entries may change their owner
  export [FILE]      the mapping in force as CSV, to the file or to stdout; --version N an earlier one, --list NAME one list
  versions           when, by whom and why
  restore N          brings version N back, as a new one; --why TEXT is needed; --dry-run only checks
  --taxes            of the tax rates instead of the mapping: check, import, export
  --by NAME          who; else the user of this computer
  --hub URL          the hub; else TIDELINE_HUB_URL, else http://127.0.0.1:7300
  --json             the hub's answer as one line of JSON on stdout
The operator token is TIDELINE_OPERATOR_TOKEN, else the one in the hub's data folder (TIDELINE_HUB_DATA, else .tideline/hub).
Ends with 0 when it is done, with 1 when the hub refuses, with 2 when it cannot be asked.`

export const readOptions = (args: readonly string[], env: NodeJS.ProcessEnv): OptionsResult => {
  const wrong = (message: string): OptionsResult => ({ outcome: 'usage', message: `${message}\n\n${usage}` })
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replace: { type: 'boolean', default: false },
        'take-over': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        taxes: { type: 'boolean', default: false },
        version: { type: 'string' },
        list: { type: 'string' },
        by: { type: 'string', default: userInfo().username },
        why: { type: 'string' },
        hub: { type: 'string', default: env['TIDELINE_HUB_URL'] ?? 'http://127.0.0.1:7300' },
        json: { type: 'boolean', default: false },
      },
    })
    const [verb = '', argument, ...rest] = positionals
    const common: Common = { hub: values.hub.replace(/\/+$/, ''), json: values.json, isTaxes: values.taxes }
    const options = (own: OwnOptions): OptionsResult => ({
      outcome: 'options',
      options: { ...common, ...own },
    })
    if (rest.length > 0) return wrong(`“${rest.join(' ')}” is too much.`)
    if (values.taxes && (verb === 'versions' || verb === 'restore')) return wrong('Tax rates have no versions.')
    switch (verb) {
      case 'check':
      case 'import': {
        if (argument === undefined) return wrong(`${verb} needs a FILE.`)
        const why = values.why ?? (verb === 'check' ? 'a check' : '')
        if (why === '') return wrong('An import needs its reason: --why TEXT.')
        const mode = values.replace ? 'replace' : 'add'
        return options({ verb, file: argument, by: values.by, why, mode, takeOver: values['take-over'] })
      }
      case 'export':
        return options({ verb, file: argument, version: values.version, list: values.list })
      case 'versions':
        return options({ verb })
      case 'restore': {
        if (argument === undefined || !/^\d{1,9}$/.test(argument)) return wrong('restore needs the number of a version.')
        const why = values.why ?? (values['dry-run'] ? 'a check' : '')
        if (why === '') return wrong('To restore a version needs a reason: --why TEXT.')
        return options({ verb, version: argument, by: values.by, why, dryRun: values['dry-run'] })
      }
      default:
        return wrong(verb === '' ? 'What is to be done?' : `There is no “${verb}”.`)
    }
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
}

type Without<T> = T extends MappingOptions ? Omit<T, keyof Common> : never
type OwnOptions = Without<MappingOptions>
