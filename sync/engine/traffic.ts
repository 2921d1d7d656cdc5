/**
 * How this store talks to the centre: puts windows, bounds, the gate, what was used and the forecast together. The settings hold from
 * the moment they arrive, and after a restart offline the last known ones do.
 */
import type { Identity } from '#sync/contract/config.ts'
import { feedNames, type FeedName } from '#sync/contract/feed.ts'
import { defaultSyncSettings, trafficClasses, type SyncSettings, type TrafficClass } from '#sync/contract/traffic.ts'
import type { UpEvent, UpRequest, UpResponse } from '#sync/contract/up.ts'
import { addUsage, bytesOfDay, usageOf } from '#sync/core/day-usage.ts'
import type { Clock, Link } from '#sync/core/ports.ts'
import { stepOverride, type OverrideEvent, type SyncOverride } from '#sync/core/sync-override.ts'
import { bytesPerSecondOf } from '#sync/core/traffic.ts'
import { piecesPerMessage } from '#sync/core/traffic-pace.ts'
import { dayAt, knownTimeZone } from '#sync/core/zone-day.ts'
import type { Store } from '#sync/store/open-store.ts'
import type { CatalogueKeeper } from './catalogue-keeper.ts'
import type { EngineLog } from './log.ts'
import { createFeedLag } from './feed-lag.ts'
import { createTrafficForecast } from './traffic-forecast.ts'
import { createTrafficGate } from './traffic-gate.ts'
import { createTrafficLink, type Exchange } from './traffic-link.ts'
import { learnFrom } from './traffic-learning.ts'
import { openTrafficMemory } from './traffic-memory.ts'
import { createTrafficShown, type TrafficShown } from './traffic-shown.ts'
import { createTrafficTurns, type TrafficTurns } from './traffic-turns.ts'
import { createTrafficWindows } from './traffic-windows.ts'

/** Timers stand still while a computer sleeps, and clocks are corrected: look again at least this often. */
const lookEveryMs = 30_000

/** What is used is shown again after so many bytes. */
const shownStepBytes = 100_000

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

export interface Traffic extends TrafficShown {
  /** What the engine talks through. */
  link: Link
  /** The settings may differ. */
  settingsChanged(): void
  /** Feeds were read to their end, and are shown. */
  caughtUp(): Promise<void>
  /** Windows, the metered line and the daily bound do not hold until what waits now is through. */
  syncNow(): void
  /** Which of these feeds may be pulled now, the most urgent first. After each page it may be another one. */
  turns: TrafficTurns
  /** How many records one message may carry just now. */
  recordsPerMessage(): number
  settings(): SyncSettings
  close(): Promise<void>
}

export const createTraffic = async (ports: TrafficPorts): Promise<Traffic> => {
  const { store, clock, log, catalogue } = ports
  const memory = await openTrafficMemory({ store, clock, log })
  const gate = createTrafficGate(clock)
  let override: SyncOverride | null = null
  const ended = new Set<FeedName>()
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
    memory.putPace(learnFrom(memory.pace(), exchange))
    lag.heard(exchange)
    const { event, request, answer } = exchange
    if (answer.outcome === 'acknowledged') tellOverride({ kind: 'acknowledged', ackedSeq: answer.ackedSeq })
    if (event === 'pull' && isEnd(answer)) ended.add((request as UpRequest<'pull'>).feed)
  }
  /** A first load is through when it is shown: feeds that are shown together are read again until they fit. */
  const caughtUp = async (): Promise<void> => {
    for (const feed of ended) {
      if (!(await store.positions.feed(feed)).complete) continue
      ended.delete(feed)
      tellOverride({ kind: 'feed-ended', feed })
    }
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
  const turns = createTrafficTurns({ positions: store.positions, gate, lag })
  look()
  return {
    link,
    settingsChanged: () => {
      if (windows.reread()) look()
    },
    caughtUp,
    syncNow: () => {
      ended.clear()
      const asked = { throughSeq: ports.headSeq(), feeds: feedNames, tickets: gate.tickets() }
      setOverride(stepOverride(asked, { kind: 'acknowledged', ackedSeq: ports.ackedSeq() }))
    },
    turns,
    recordsPerMessage: () => piecesPerMessage(memory.pace(), 'record', rate()),
    settings,
    ...createTrafficShown({ clock, settings, windows, today, forecast, overridden: () => override !== null }),
    close: async () => {
      cancelLook()
      cancelLook = () => undefined
      gate.close()
      await memory.close()
    },
  }
}

/** Of a feed: nothing more, or a hub that does not give it. */
const isEnd = (answer: UpResponse<UpEvent>): boolean =>
  answer.outcome === 'refused' ? answer.code !== 'HUB_UNAVAILABLE' : 'more' in answer && !answer.more
