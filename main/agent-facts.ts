/** What main alone knows of this computer and its journal, for the report to the hub. */
import { arch, release, type as systemName } from 'node:os'
import type { engineToMain, IpcResponse } from '#sync/contract/ipc.ts'
import type { CapturingAgent } from './agent-lifecycle.ts'

const platform = `${systemName()} ${release()} ${arch()}`.slice(0, 100)

export const agentFacts = ({
  state,
  journal,
}: Pick<CapturingAgent, 'state' | 'journal'>): IpcResponse<typeof engineToMain, 'agent.facts'> => {
  const { disk, exceptionCount } = state.get()
  return {
    platform,
    uptimeSeconds: Math.floor(process.uptime()),
    disk: { state: disk.state, ...(disk.freeBytes === undefined ? {} : { freeBytes: disk.freeBytes }) },
    openExceptions: exceptionCount,
    missingRecords: journal.missing().reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0),
  }
}
