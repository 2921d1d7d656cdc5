/**
 * The part of the engine by which the hub looks after the store: reports, comparisons of days and feeds, support bundles. To a hub that
 * speaks less than protocol 3 it says nothing.
 */
import type { Ask } from '#sync/contract/down.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Report } from '#sync/contract/report.ts'
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

/** All that the hub asks but to sync now, which is the engine's own. */
export type OversightAsk = Exclude<Ask, { what: 'sync-now' }>

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
  settings(): SyncSettings
  headSeq(): number
  ackedSeq(): number
  quarantined(): number
  traffic(): Report['traffic']
  onChanged(): void
}

export interface Oversight {
  welcomed(): void
  asked(ask: OversightAsk): void
  /** The catalogue was read to its end for the first time. */
  catalogueLoaded(): void
  compareDays(): Promise<void>
  compared(): NonNullable<ManagerView['sync']>['compared']
  sendDiagnostics(answer: DiagnosticsAnswer): Promise<DiagnosticsSent>
  close(): Promise<void>
}

export const createOversight = (ports: OversightPorts): Oversight => {
  const { line, settings } = ports
  const isReady = (): boolean => line.speaks('report')

  const reporter = createReporter({ ...ports, isReady, everySeconds: () => settings().reportEverySeconds })
  const days = createDayComparison({ ...ports, isReady, everyMinutes: () => settings().compareEveryMinutes })
  const feeds = createFeedComparison({ ...ports, isReady })
  const courier = createDiagnosticsCourier({ ...ports, isReady })

  const asked = (ask: OversightAsk): void => {
    switch (ask.what) {
      case 'report':
        return void reporter.now()
      case 'compare':
        void days.now()
        return void feeds.now()
      case 'diagnostics':
        return void courier.requested(ask.requestId, ask.reason)
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
