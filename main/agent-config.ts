/**
 * The agent's configuration: a JSON file, overridden by the environment. Every fault is one line that names file and field.
 *
 *   --config FILE | TIDELINE_AGENT_CONFIG | <default folder>/agent.json (may be missing)
 *   TIDELINE_DATA_DIR, TIDELINE_HUB_URL, TIDELINE_ENROLMENT_CODE or --enrol CODE
 */
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parseArgs } from 'node:util'
import { must } from '#sync/contract/assert.ts'
import { agentConfigSchema } from '#sync/contract/config.ts'
import { z } from 'zod'

/** Before enrolment the hub's address may be unknown: it is then typed in the manager's window and kept by the vault. */
const settingsSchema = agentConfigSchema.partial({ hubUrl: true }).extend({ enrolmentCode: z.string().min(1).max(50).optional() })
export type AgentSettings = z.infer<typeof settingsSchema>
export type LoadedSettings = { outcome: 'loaded'; settings: AgentSettings } | { outcome: 'invalid'; message: string }

export interface SettingsSources {
  /** Arguments after the program's own path. */
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** Where the agent lives when nobody says otherwise. */
  defaultDataDir: string
}

const invalid = (message: string): LoadedSettings => ({ outcome: 'invalid', message })

const readArguments = (argv: readonly string[]): { config?: string; enrol?: string } => {
  const { values } = parseArgs({ args: [...argv], options: { config: { type: 'string' }, enrol: { type: 'string' } }, strict: false })
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const [config, enrol] = [text(values['config']), text(values['enrol'])]
  return { ...(config ? { config } : {}), ...(enrol ? { enrol } : {}) }
}

const readJson = (file: string): { value: unknown } | { message: string } => {
  try {
    return { value: JSON.parse(readFileSync(file, 'utf8')) }
  } catch (fault) {
    const reason = fault instanceof SyntaxError ? `not valid JSON (${fault.message})` : 'cannot be read'
    return { message: `${file}: ${reason}` }
  }
}

const defined = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''))

const describeIssue = (error: z.ZodError): string => {
  const issue = must(error.issues[0], 'issue')
  if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.join(', ')}`
  return `${issue.path.join('.') || 'the whole file'}: ${issue.message}`
}

export const loadSettings = ({ argv, env, defaultDataDir }: SettingsSources): LoadedSettings => {
  const given = readArguments(argv)
  const named = given.config ?? env['TIDELINE_AGENT_CONFIG']
  const file = named ?? join(env['TIDELINE_DATA_DIR'] || defaultDataDir, 'agent.json')
  const content = named || existsSync(file) ? readJson(file) : { value: {} }
  if ('message' in content) return invalid(content.message)
  if (typeof content.value !== 'object' || content.value === null || Array.isArray(content.value))
    return invalid(`${file}: must hold one JSON object`)

  const parsed = settingsSchema.safeParse({
    dataDir: defaultDataDir,
    ...content.value,
    ...defined({
      dataDir: env['TIDELINE_DATA_DIR'],
      hubUrl: env['TIDELINE_HUB_URL'],
      enrolmentCode: given.enrol ?? env['TIDELINE_ENROLMENT_CODE'],
    }),
  })
  if (!parsed.success) return invalid(`${file} (and TIDELINE_ variables): ${describeIssue(parsed.error)}`)
  if (!isAbsolute(parsed.data.dataDir)) return invalid(`${file}: dataDir: must be an absolute path, not "${parsed.data.dataDir}"`)
  return { outcome: 'loaded', settings: parsed.data }
}
