/** Calls of the hub's HTTP API as an operator, and what the hub answers. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

export const importAnswerSchema = z.object({
  outcome: z.enum(['checked', 'refused', 'unchanged', 'in-force']),
  version: z.int().optional(),
  refused: z.int(),
  lines: z.array(z.object({ line: z.int(), outcome: z.enum(['accepted', 'unchanged', 'refused']), reason: z.string().optional() })),
})
export type ImportAnswer = z.infer<typeof importAnswerSchema>

export const versionsSchema = z.object({
  versions: z.array(
    z.object({ version: z.int(), madeAt: z.string(), by: z.string(), why: z.string(), restored: z.int().nullable(), entries: z.int() }),
  ),
})

const errorSchema = z.object({ code: z.string(), message: z.string() })

/** The hub cannot be asked, or did not understand: its words. */
export class HubComplaint extends Error {
  override name = 'HubComplaint'
}

export const readToken = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const given = env['TIDELINE_OPERATOR_TOKEN']
  if (given !== undefined) return given
  const path = join(env['TIDELINE_HUB_DATA'] ?? '.tideline/hub', 'operator-token')
  return (
    await readFile(path, 'utf8').catch(() => {
      throw new HubComplaint(`There is no operator token: neither TIDELINE_OPERATOR_TOKEN nor ${path}.`)
    })
  ).trim()
}

export type Ask = (path: string, init?: { csv?: string; json?: unknown }) => Promise<string>

/** The answer's text; a refusal of an import (422) is an answer as well. */
export const asOperator =
  (hub: string, token: string): Ask =>
  async (path, { csv, json } = {}) => {
    const body = csv ?? (json === undefined ? undefined : JSON.stringify(json))
    const response = await fetch(`${hub}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': csv === undefined ? 'application/json' : 'text/csv' }),
      },
      ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      throw new HubComplaint(`The hub at ${hub} cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
    })
    const text = await response.text()
    if (response.ok) return text
    const refusal = errorSchema.safeParse(jsonOf(text))
    if (response.status === 422 && !refusal.success) return text
    throw new HubComplaint(refusal.success ? `The hub refuses: ${refusal.data.message}` : `The hub answers ${response.status}.`)
  }

export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
