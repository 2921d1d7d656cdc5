/** Puts the desk together: what the bundle is made of, where it is kept, who is told. */
import { release, type as systemName } from 'node:os'
import { join } from 'node:path'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { AgentSettings } from '../agent-config.ts'
import type { AgentLifecycle } from '../agent-lifecycle.ts'
import type { AgentLog } from '../agent-log.ts'
import { journalDir } from '../journal/journal.ts'
import { logFileOf } from '../log.ts'
import { bundleText } from './bundle.ts'
import { createDiagnosticsDesk, type DeskPorts, type DiagnosticsDesk } from './desk.ts'
import { journalFacts } from './journal-facts.ts'
import { logTail } from './log-tail.ts'

const logBytes = 2_000_000

export interface DiagnosticsOptions {
  settings: AgentSettings
  log: AgentLog
  lifecycle: Pick<AgentLifecycle, 'agent' | 'status' | 'setDiagnosticsRequest'>
  view: () => ManagerView | null
  send: DeskPorts['send']
  clock: Clock
}

export const openDiagnostics = ({ settings, log, lifecycle, view, send, clock }: DiagnosticsOptions): DiagnosticsDesk => {
  const { dataDir } = settings
  const build = async (requestId: string): Promise<string> => {
    const journal = lifecycle.agent()?.journal
    const status = lifecycle.status()
    return bundleText({
      ...{ requestId, madeAt: new Date(clock.nowMs()).toISOString(), settings, status, view: view() },
      versions: {
        ...{ agent: status.agentVersion, node: process.versions.node },
        ...{ electron: process.versions['electron'] ?? '', chrome: process.versions['chrome'] ?? '' },
      },
      ...{ platform: `${systemName()} ${release()}`, uptimeSeconds: Math.floor(process.uptime()) },
      journal: journal ? await journalFacts(journal, journalDir(dataDir)) : null,
      logLines: logTail(logFileOf(dataDir), logBytes),
    })
  }
  return createDiagnosticsDesk({
    ...{ dir: join(dataDir, 'diagnostics'), clock, log, build, send },
    onChanged: lifecycle.setDiagnosticsRequest,
  })
}
