import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { agentOpenApi } from './openapi.ts'

describe('OpenAPI document', () => {
  it('is the committed one; if not: node main/intake/openapi-file.ts', () => {
    const committed: unknown = JSON.parse(readFileSync(new URL('../../docs/openapi/agent.json', import.meta.url), 'utf8'))
    expect(committed).toEqual(JSON.parse(JSON.stringify(agentOpenApi())))
  })

  it('refers only to schemas that it has', () => {
    const text = JSON.stringify(agentOpenApi())
    const { components } = agentOpenApi() as { components: { schemas: object } }
    const named = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]))
    expect([...named].sort()).toEqual(Object.keys(components.schemas).sort())
  })
})
