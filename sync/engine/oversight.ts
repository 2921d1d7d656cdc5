/**
 * The part of the engine by which the hub looks after the store: reports, comparisons of days and feeds, support bundles. To a hub that
 * speaks less than protocol 3 it says nothing.
 */
import type { Ask } from '#sync/contract/down.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Report } from '#sync/contract/report.ts'
import { trafficClasses } from '#sync/contract/traffic.ts'
import type { SyncSettings } from '#sync/contract/traffic.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { AgentSide, Clock, JournalSource, Random } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { createDayComparison } from './day-comparison.ts'
import { createDiagnosticsCourier, type DiagnosticsAnswer, type DiagnosticsSent } from './diagnostics.ts'
import { createFeedComparison } from './feed-comparison.ts'
import type { Feeds } from './feeds.ts'
import type { HubLine } from './hub-line.ts'
import type { EngineLog } from './log.ts'
import { createReporter } from './reporter.ts'

const unsetSettings: Pick<SyncSettings, 'compareEveryMinutes' | 'reportEverySeconds'> = { compareEveryMinutes: 5, reportEverySeconds: 60 }
const unmeasured: Report['traffic'] = { open: [...trafficClasses], sentBytesToday: 0, receivedBytesToday: 0 }

export interface OversightPorts {
  agent: AgentSide
  journal: JournalSource
  store: Store
  feeds: Pick<Feeds, 'pull' | 'give'>
  line: HubLine
  clock: Clock
  random: Random
  log: EngineLog
  agentVersion: string
  incarnation: Incarnation
  settings(): SyncSettings | undefined
  headSeq(): number
  ackedSeq(): number
  quarantined(): number
  /** Without it, nothing was measured. */
  traffic?(): Report['traffic']
  onChanged(): void
}

export interface Oversight {
  welcomed(): void
  asked(ask: Ask): void
  /** The catalogue was read to its end for the first time. */
  catalogueLoaded(): void
  compareDays(): Promise<void>
  compared(): NonNullable<ManagerView['sync']>['compared']
  sendDiagnostics(answer: DiagnosticsAnswer): Promise<DiagnosticsSent>
  close(): Promise<void>
}

export const createOversight = (ports: OversightPorts): Oversight => {
  const { line } = ports
  const isReady = (): boolean => line.speaks('report')
  const settings = () => ports.settings() ?? unsetSettings

  const reporter = createReporter({
    ...{ ...ports, isReady, everySeconds: () => settings().reportEverySeconds },
    traffic: () => ports.traffic?.() ?? unmeasured,
  })
  const days = createDayComparison({ ...ports, isReady, everyMinutes: () => settings().compareEveryMinutes })
  const feeds = createFeedComparison({ ...ports, isReady })
  const courier = createDiagnosticsCourier({ ...ports, isReady })

  const asked = (ask: Ask): void => {
    switch (ask.what) {
      case 'report':
        return void reporter.now()
      case 'compare':
        void days.now()
        return void feeds.now()
      case 'diagnostics':
        return void courier.requested(ask.requestId, ask.reason)
      case 'sync-now':
        return void days.now()
    }
  }
  return {
    welcomed: () => {
      if (!isReady()) return
      reporter.welcomed()
      days.welcomed(line.epoch())
      feeds.welcomed()
    },
    asked,
    catalogueLoaded: feeds.loaded,
    compareDays: days.now,
    compared: days.compared,
    sendDiagnostics: courier.send,
    close: async () => {
      await Promise.all([reporter.close(), days.close(), feeds.close()])
    },
  }
}
