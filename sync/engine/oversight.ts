/**
 * The part of the engine by which the hub looks after the store: reports, comparisons of days and feeds, support bundles. To a hub that
 * speaks less than protocol 3 it says nothing.
 */
import type { Ask } from '#sync/contract/down.ts'
import type { ErrorCode } from '#sync/contract/error-codes.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Report } from '#sync/contract/report.ts'
import { trafficClasses } from '#sync/contract/traffic.ts'
import type { SyncSettings } from '#sync/contract/traffic.ts'
import { messageSince } from '#sync/contract/up.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import type { AgentSide, Clock, JournalSource, Random } from '#sync/core/ports.ts'
import type { Store } from '#sync/store/open-store.ts'
import { createDayComparison } from './day-comparison.ts'
import { createDiagnosticsCourier, type DiagnosticsAnswer, type DiagnosticsSent } from './diagnostics.ts'
import { createFeedComparison } from './feed-comparison.ts'
import type { Feeds } from './feeds.ts'
import type { HubLine, Welcome } from './hub-line.ts'
import type { EngineLog } from './log.ts'
import { createReporter } from './reporter.ts'

const sinceVersion = messageSince.report ?? 0
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
  /** Without them, nothing was measured. */
  traffic?(): Report['traffic']
  clockOffset?(): Report['clock']
  onChanged(): void
}

export interface Oversight {
  welcomed(welcome: Pick<Welcome, 'protocolVersion' | 'epoch'>): void
  refused(code: ErrorCode): void
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
  let spoken = 0
  const isReady = (): boolean => spoken >= sinceVersion && line.state().state === 'online'
  const settings = () => ports.settings() ?? unsetSettings

  const reporter = createReporter({
    ...{ ...ports, isReady, everySeconds: () => settings().reportEverySeconds },
    traffic: () => ports.traffic?.() ?? unmeasured,
    clockOffset: () => ports.clockOffset?.(),
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
    welcomed: ({ protocolVersion, epoch }) => {
      spoken = protocolVersion
      if (!isReady()) return
      reporter.welcomed()
      days.welcomed(epoch)
      feeds.welcomed()
    },
    refused: reporter.refused,
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
