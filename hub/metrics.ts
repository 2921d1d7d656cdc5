/** What the hub counts, for Prometheus at /metrics. One registry a hub, so that several can live in one test process. */
import type { Verdict } from '#sync/contract/verdict.ts'
import { verdictKinds } from '#sync/contract/verdict.ts'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface HubMetrics {
  registry: Registry
  batchSeconds: Histogram
  sessions: Gauge
  mergedRecords: Counter<'projection'>
  mergeLag: Gauge<'projection'>
  postings: Gauge<'state'>
  pendingRecords: Gauge
  oldestPendingSeconds: Gauge
  silentStores: Gauge
  /** A batch's records and the verdicts other than accepted; resent records are counted again. */
  countBatch(records: number, verdicts: readonly Verdict[]): void
}

export const createHubMetrics = (): HubMetrics => {
  const registry = new Registry()
  const registers = [registry]
  const verdicts = new Counter({
    name: 'tideline_records_total',
    help: 'Records acknowledged, by verdict',
    labelNames: ['verdict'],
    registers,
  })
  for (const verdict of verdictKinds) verdicts.inc({ verdict }, 0)
  return {
    registry,
    batchSeconds: new Histogram({
      name: 'tideline_batch_seconds',
      help: 'From a batch received to its answer',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    sessions: new Gauge({ name: 'tideline_sessions', help: 'Sockets connected to this process', registers }),
    mergedRecords: new Counter({
      name: 'tideline_merged_records_total',
      help: 'Records taken into a projection',
      labelNames: ['projection'],
      registers,
    }),
    mergeLag: new Gauge({
      name: 'tideline_merge_lag_records',
      help: 'Records in the log that a projection has not read',
      labelNames: ['projection'],
      registers,
    }),
    postings: new Gauge({ name: 'tideline_postings', help: 'Postings by state', labelNames: ['state'], registers }),
    pendingRecords: new Gauge({
      name: 'tideline_fleet_pending_records',
      help: 'Records in the stores’ journals that the hub does not have, as far as the stores have told',
      registers,
    }),
    oldestPendingSeconds: new Gauge({
      name: 'tideline_fleet_oldest_pending_seconds',
      help: 'How long the oldest of them has waited',
      registers,
    }),
    silentStores: new Gauge({
      name: 'tideline_fleet_silent_stores',
      help: 'Stores that were not heard for a quarter of an hour',
      registers,
    }),
    countBatch: (records, others) => {
      verdicts.inc({ verdict: 'accepted' }, records - others.length)
      for (const { verdict } of others) verdicts.inc({ verdict })
    },
  }
}
