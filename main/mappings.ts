/** The store's mapping files, read at start. A faulty one is told with all its problems; the others and the tills go on. */
import { readFile } from 'node:fs/promises'
import { type DelimitedMapping, readMapping } from '#sync/capture/delimited/mapping.ts'
import type { AgentLog } from './agent-log.ts'

export const loadMappings = async (files: readonly string[], log: AgentLog): Promise<DelimitedMapping[]> => {
  const mappings: DelimitedMapping[] = []
  for (const file of files) {
    const problems = await loadInto(mappings, file)
    for (const problem of problems) log.error(`mapping ${file} is not used: ${problem}`)
  }
  return mappings
}

/** The problems, if there are any. */
const loadInto = async (mappings: DelimitedMapping[], file: string): Promise<string[]> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  const read = readMapping(text)
  if (!read.ok) return read.problems
  if (mappings.some(({ name }) => name === read.mapping.name)) return [`another one has the name "${read.mapping.name}"`]
  mappings.push(read.mapping)
  return []
}
