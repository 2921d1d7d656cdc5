/**
 * Tells the hub how the store fares [OPS5]: when something worth telling has changed, at least every five minutes, when it asks, and
 * soon after it had refused this store. What other parts know (traffic, the clock's offset) is asked of them as it is told.
 */
import { feedNames } from '#sync/contract/feed.ts'
import type { Report } from '#sync/contract/report.ts'
import type { Incarnation } from '#sync/contract/vocabulary.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { AgentSide, Clock, Random } from '#sync/core/ports.ts'
import { reportGist } from '#sync/core/report-gist.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { HubLine } from './hub-line.ts'
import { reasonOf, type EngineLog } from './log.ts'
import { createRounds } from './rounds.ts'

const atLeastEveryMs = 300_000
const afterRefusalMs = 5_000

export interface ReporterPorts {
  agent: Pick<AgentSide, 'facts'>
  store: Store
  line: Pick<HubLine, 'tryRequest' | 'hubClock' | 'lastRefusal'>
  clock: Clock
  random: Random
  log: EngineLog
  agentVersion: string
  incarnation: Incarnation
  everySeconds(): number
  headSeq(): number
  ackedSeq(): number
  quarantined(): number
  traffic(): Report['traffic']
  isReady(): boolean
}

export interface Reporter {
  welcomed(): void
  now(): Promise<void>
  close(): Promise<void>
}

export const createReporter = (ports: ReporterPorts): Reporter => {
  const { agent, store, line, clock, log, incarnation } = ports
  let sent = { gist: '', atMs: -Infinity }
  let isAsked = false

  const pending = async (): Promise<Report['pending']> => {
    const [ackedSeq, headSeq] = [ports.ackedSeq(), ports.headSeq()]
    const oldest = ackedSeq < headSeq ? await store.records.one(incarnation, ackedSeq + 1) : null
    return { count: Math.max(0, headSeq - ackedSeq), ...(oldest ? { oldestCapturedAt: oldest.record.capturedAt } : {}) }
  }
  const positions = async (): Promise<Report['feeds']> =>
    Object.fromEntries(await Promise.all(feedNames.map(async (feed) => [feed, (await store.positions.feed(feed)).checkpoint] as const)))

  const report = async (): Promise<Report> => {
    const { missingRecords, ...facts } = await agent.facts()
    const offset = line.hubClock()
    const refusal = line.lastRefusal()
    return {
      ...{ agentVersion: ports.agentVersion, ...facts, pending: await pending(), feeds: await positions() },
      journal: { incarnation, seq: ports.headSeq(), ackedSeq: ports.ackedSeq(), missingRecords },
      quarantined: ports.quarantined(),
      parkedDocuments: await store.parked.count(),
      traffic: ports.traffic(),
      ...(offset ? { clock: offset } : {}),
      ...(refusal ? { lastRefusal: { code: refusal.code, at: toInstant(refusal.atMs) } } : {}),
    }
  }
  const run = async (): Promise<void> => {
    if (!ports.isReady()) return
    const next = await report()
    const nowMs = clock.nowMs()
    const gist = reportGist(next, nowMs)
    const isDue = isAsked || gist !== sent.gist || Math.abs(nowMs - sent.atMs) >= atLeastEveryMs
    if (!isDue) return
    const answer = await line.tryRequest('report', next)
    if (answer?.outcome === 'refused') log('info', 'the hub takes no report just now', { code: answer.code, message: answer.message })
    if (answer?.outcome !== 'reported') return
    sent = { gist, atMs: nowMs }
    isAsked = false
  }
  const rounds = createRounds({
    ...{ clock, random: ports.random, run, everyMs: () => ports.everySeconds() * 1_000 },
    onError: (error) => log('warn', 'the report could not be sent', { reason: reasonOf(error) }),
  })

  return {
    welcomed: () => {
      const wasRefused = (line.lastRefusal()?.atMs ?? -Infinity) > sent.atMs
      rounds.soon(wasRefused ? afterRefusalMs : ports.everySeconds() * 1_000)
    },
    now: () => {
      isAsked = true
      return rounds.now()
    },
    close: rounds.close,
  }
}
