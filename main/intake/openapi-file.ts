/** Writes the OpenAPI document for vendors: `node main/intake/openapi-file.ts`, from the repository's root. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { agentOpenApi } from './openapi.ts'

mkdirSync('docs/openapi', { recursive: true })
writeFileSync('docs/openapi/agent.json', `${JSON.stringify(agentOpenApi(), null, 2)}\n`)
