/**
 * How this store talks to the centre: puts windows, bounds, the gate, what was used and the forecast together. The settings hold from
 * the moment they arrive, and after a restart offline the last known ones do.
 */
import type { Identity } from '#sync/contract/config.ts'
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Report } from '#sync/contract/report.ts'
import { defaultSyncSettings, trafficClasses, type SyncSettings, type TrafficClass } from '#sync/contract/traffic.ts'
import type { UpRequest } from '#sync/contract/up.ts'
import { addUsage, bytesOfDay, usageOf } from '#sync/core/day-usage.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { Clock, Link } from '#sync/core/ports.ts'
import { stepOverride, type OverrideEvent, type SyncOverride } from '#sync/core/sync-override.ts'
import { laneOfPull, type Lane } from '#sync/core/traffic-class.ts'
import { bytesPerSecondOf } from '#sync/core/traffic.ts'
import { learnPieces, learnSpeed, piecesPerMessage } from '#sync/core/traffic-pace.ts'
import { dayAt, knownTimeZone } from '#sync/core/zone-day.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import type { EngineLog } from './log.ts'
import { createFeedLag } from './feed-lag.ts'
import { createTrafficForecast } from './traffic-forecast.ts'
import { createTrafficGate } from './traffic-gate.ts'
import { createTrafficLink, type Exchange } from './traffic-link.ts'
import { openTrafficMemory } from './traffic-memory.ts'
import { createTrafficWindows } from './traffic-windows.ts'

/** Timers stand still while a computer sleeps, and clocks are corrected: look again at least this often. */
const lookEveryMs = 30_000

/** What is used is shown again after so many bytes. */
const shownStepBytes = 100_000

const lanesInOrder: readonly Lane[] = ['session', ...trafficClasses]

export interface TrafficPorts {
  link: Link
  store: Store
  clock: Clock
  log: EngineLog
  identity: Identity
  catalogue: Pick<CatalogueKeeper, 'settings' | 'syncSettings'>
  ackedSeq(): number
  headSeq(): number
  isOnline(): boolean
  /** What had to wait for its window, or the next day, may go. */
  onOpened(): void
  /** What is shown may differ. */
  onChange(): void
}

export interface Traffic {
  /** What the engine talks through. */
  link: Link
  /** The settings may differ. */
  settingsChanged(): void
  /** Windows, the metered line and the daily bound do not hold until what waits now is through. */
  syncNow(): void
  /** Which of these feeds may be pulled now, the most urgent first. After each page it may be another one. */
  turns(feeds: readonly FeedName[]): Promise<FeedName[]>
  /** How many records one message may carry just now. */
  recordsPerMessage(): number
  settings(): SyncSettings
  view(): NonNullable<ManagerView['sync']>
  facts(): Report['traffic']
  close(): Promise<void>
}

export const createTraffic = async (ports: TrafficPorts): Promise<Traffic> => {
  const { store, clock, log, catalogue } = ports
  const memory = await openTrafficMemory({ store, clock, log })
  const gate = createTrafficGate(clock)
  let override: SyncOverride | null = null
  let cancelLook = (): void => undefined

  const unsaid = defaultSyncSettings(ports.identity.storeId)
  const settings = (): SyncSettings => catalogue.syncSettings ?? unsaid
  const timeZone = (): string => knownTimeZone(catalogue.settings?.timeZone ?? ports.identity.timeZone)
  const today = () => usageOf(memory.usage(), dayAt(clock.nowMs(), timeZone()))
  const windows = createTrafficWindows({ settings, timeZone, log })
  const rate = (): number | null => bytesPerSecondOf(settings().caps)

  let shown = ''
  let allowed: readonly TrafficClass[] = trafficClasses
  /** Applies what holds now, and looks again when that changes. */
  const look = (): void => {
    cancelLook()
    const nowMs = clock.nowMs()
    const states = windows.all(nowMs)
    gate.rule(settings().caps, windows.open(nowMs), bytesOfDay(today()))
    const next = trafficClasses.flatMap((c) => states[c].changesAtMs ?? [])
    cancelLook = clock.after(Math.max(1, Math.min(lookEveryMs, ...next.map((ms) => ms - nowMs))), look)
    tellChanges(JSON.stringify([states, settings().caps, override !== null, Math.floor(bytesOfDay(today()) / shownStepBytes)]))
  }
  const tellChanges = (showing: string): void => {
    const before = { shown, allowed }
    shown = showing
    allowed = trafficClasses.filter(gate.allows)
    if (before.shown === '') return
    if (shown !== before.shown) ports.onChange()
    if (allowed.some((c) => !before.allowed.includes(c))) ports.onOpened()
  }
  const setOverride = (next: SyncOverride | null): void => {
    const changed = (next === null) !== (override === null)
    override = next
    if (!changed) return
    log('info', next ? 'a person asked for everything now' : 'what was asked for is through', {})
    gate.override(next !== null)
    look()
  }
  const tellOverride = (event: OverrideEvent): void => {
    if (override) setOverride(stepOverride(override, event))
  }
  const onMoved = (direction: 'sent' | 'received', bytes: number): void => {
    memory.putUsage(addUsage(memory.usage(), dayAt(clock.nowMs(), timeZone()), direction, bytes))
    gate.moved(bytes, bytesOfDay(today()))
  }
  const onExchange = (exchange: Exchange): void => {
    memory.putPace(learn(learnSpeed(memory.pace(), exchange.transfer), exchange))
    lag.heard(exchange)
    const { event, request, answer } = exchange
    if (answer.outcome === 'acknowledged') tellOverride({ kind: 'acknowledged', ackedSeq: answer.ackedSeq })
    if (event === 'pull' && !('more' in answer && answer.more))
      tellOverride({ kind: 'feed-ended', feed: (request as UpRequest<'pull'>).feed })
  }
  const lag = createFeedLag({
    count: (request) => link.request('compareFeed', request),
    isBounded: (c) => rate() !== null || !gate.allows(c),
  })
  const forecast = createTrafficForecast({
    ...{ clock, settings, timeZone, lag, isOnline: ports.isOnline },
    ...{ pace: memory.pace, usedBytesToday: () => bytesOfDay(today()), overridden: () => override !== null },
    ...{ pendingRecords: () => Math.max(0, ports.headSeq() - ports.ackedSeq()), windowAt: windows.at },
  })
  const link = createTrafficLink({
    ...{ link: ports.link, gate, clock, onMoved, onExchange, onPull: lag.wanted },
    isWhole: async (feed) => (await store.positions.feed(feed)).complete,
    pageLimit: (feed) => piecesPerMessage(memory.pace(), feed, rate()),
    onDone: (ticket) => tellOverride({ kind: 'done', ticket }),
    onLost: () => {
      lag.lost()
      tellOverride({ kind: 'lost' })
    },
  })
  const turns: Traffic['turns'] = async (feeds) => {
    const lanes = new Map<FeedName, Lane>()
    const read = async (feed: FeedName): Promise<void> => {
      const { checkpoint, complete } = await store.positions.feed(feed)
      const lane = laneOfPull(feed, complete)
      lanes.set(feed, lane)
      if (lane !== 'session' && !gate.allows(lane)) lag.wanted({ feed, after: checkpoint }, lane)
    }
    await Promise.all(feeds.map(read))
    return lanesInOrder.flatMap((lane) => feeds.filter((f) => lanes.get(f) === lane && (lane === 'session' || gate.allows(lane))))
  }
  look()
  return {
    link,
    settingsChanged: () => {
      if (windows.reread()) look()
    },
    syncNow: () => {
      const asked = { throughSeq: ports.headSeq(), feeds: feedNames, tickets: gate.tickets() }
      setOverride(stepOverride(asked, { kind: 'acknowledged', ackedSeq: ports.ackedSeq() }))
    },
    turns,
    recordsPerMessage: () => piecesPerMessage(memory.pace(), 'record', rate()),
    settings,
    view: () => {
      const states = windows.all(clock.nowMs())
      const shownWindow = (c: TrafficClass) => {
        const { open, changesAtMs } = states[c]
        return { class: c, open, ...(changesAtMs === undefined ? {} : { changesAt: toInstant(changesAtMs) }) }
      }
      return {
        windows: trafficClasses.map(shownWindow),
        overridden: override !== null,
        caps: { ...settings().caps, usedBytesToday: bytesOfDay(today()) },
        ...forecast.shown(),
      }
    },
    facts: () => {
      const open = windows.open(clock.nowMs())
      const { sentBytes, receivedBytes } = today()
      const backlogSeconds = forecast.backlogSeconds()
      return {
        open: trafficClasses.filter((c) => override !== null || open[c]),
        ...{ sentBytesToday: sentBytes, receivedBytesToday: receivedBytes },
        ...(backlogSeconds === null ? {} : { backlogSeconds }),
      }
    },
    close: async () => {
      cancelLook()
      cancelLook = () => undefined
      gate.close()
      await memory.close()
    },
  }
}

const learn = (pace: Parameters<typeof learnPieces>[0], { event, request, answer, sentBytes, receivedBytes }: Exchange) => {
  if ('records' in request) return learnPieces(pace, 'record', sentBytes, request.records.length)
  if ('count' in request) return learnPieces(pace, 'record', sentBytes, request.count)
  if (answer.outcome === 'fetched') return learnPieces(pace, 'record', receivedBytes, answer.records.length)
  if (event !== 'pull') return pace
  const { feed, limit } = request as UpRequest<'pull'>
  if (answer.outcome === 'pulled') return learnPieces(pace, feed, receivedBytes, answer.entries.length)
  // A packed page does not say how many it holds; one that more follows is full.
  return answer.outcome === 'packed' && answer.more ? learnPieces(pace, feed, receivedBytes, limit) : pace
}
