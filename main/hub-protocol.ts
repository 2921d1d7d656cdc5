/**
 * Which protocol this agent and its hub last agreed upon, over restarts. A record of a kind that the hub does not know would be set aside
 * there for good; records are one sequence, so it could not wait in the journal without the sales behind it waiting too. So whoever brings
 * such a document is asked to keep it until the hub was updated. Before any hub was met nothing is held back.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentLog } from './agent-log.ts'
import { writeFileAtomically } from './atomic-file.ts'

/** Stock documents and the store's own prices came with it. */
const documentsSince = 4

export interface HubProtocol {
  knowsDocuments(): boolean
  spoken(protocolVersion: number): void
}

const readKept = (file: string): number | null => {
  try {
    const kept = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(kept) && kept > 0 ? kept : null
  } catch {
    return null
  }
}

export const openHubProtocol = (dataDir: string, log: AgentLog): HubProtocol => {
  const file = join(dataDir, 'hub-protocol')
  let known = readKept(file)
  return {
    knowsDocuments: () => known === null || known >= documentsSince,
    spoken: (protocolVersion) => {
      if (protocolVersion === known) return
      known = protocolVersion
      try {
        writeFileAtomically(file, `${protocolVersion}\n`, 0o600)
      } catch (error) {
        log.warn(`the hub's protocol could not be kept: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
  }
}
