/**
 * What is still to move, as far as it is known, and when that will be through. Of records the number is known and their size measured;
 * of a feed it is known once the hub has counted what lies behind the checkpoint. While the line is down nobody can say.
 */
import { feedNames } from '#sync/contract/feed.ts'
import type { ManagerView } from '#sync/contract/ipc.ts'
import { trafficClasses, type SyncSettings, type TrafficClass } from '#sync/contract/traffic.ts'
import { throughAtMs, type ForecastInputs } from '#sync/core/forecast.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { Clock } from '#sync/core/ports.ts'
import { bytesPerPiece, bytesPerSecondOfLine, type Pace } from '#sync/core/traffic-pace.ts'
import { nextDayAt } from '#sync/core/zone-day.ts'
import type { FeedLag } from './feed-lag.ts'

/** A forecast lays windows out for weeks; nobody needs it anew at each message. */
const holdsMs = 2_000

export interface TrafficForecastPorts {
  clock: Clock
  settings(): SyncSettings
  timeZone(): string
  pace(): Pace
  usedBytesToday(): number
  overridden(): boolean
  pendingRecords(): number
  lag: FeedLag
  isOnline(): boolean
  windowAt: ForecastInputs['windowAt']
}

export interface TrafficForecast {
  /** Absent when nothing waits. */
  shown(): Pick<NonNullable<ManagerView['sync']>, 'forecast'>
  /** Null where nobody can say. */
  backlogSeconds(): number | null
}

/** Seconds of the answer are rounded up; nothing of it is decided by. */
export const createTrafficForecast = (ports: TrafficForecastPorts): TrafficForecast => {
  const { clock, lag } = ports
  let last: { text: string; atMs: number; throughMs: number | null } | null = null

  const work = (): Record<TrafficClass, number> | null => {
    const bytes = { urgent: ports.pendingRecords() * bytesPerPiece(ports.pace(), 'record'), routine: 0, bulk: 0 }
    for (const feed of feedNames) {
      const behind = lag.behind(feed)
      if (!behind) continue
      if (behind.entries === null) return null
      bytes[behind.lane] += behind.entries * bytesPerPiece(ports.pace(), feed)
    }
    return bytes
  }
  const lookAhead = (nowMs: number): number | null => {
    const bytes = work()
    if (!bytes || !ports.isOnline()) return null
    if (trafficClasses.every((c) => bytes[c] === 0)) return nowMs
    const { caps } = ports.settings()
    return throughAtMs({
      ...{ nowMs, work: bytes, bytesPerSecond: bytesPerSecondOfLine(ports.pace()), caps, usedBytesToday: ports.usedBytesToday() },
      ...{ overridden: ports.overridden(), windowAt: ports.windowAt, nextDayAt: (ms) => nextDayAt(ms, ports.timeZone()) },
    })
  }
  const throughMs = (): number | null => {
    const nowMs = clock.nowMs()
    const text = `${ports.isOnline()} ${ports.overridden()} ${JSON.stringify(ports.settings())}`
    if (!last || last.text !== text || nowMs < last.atMs || nowMs >= last.atMs + holdsMs)
      last = { text, atMs: nowMs, throughMs: lookAhead(nowMs) }
    return last.throughMs
  }
  return {
    shown: () => {
      const records = ports.pendingRecords()
      const catalogue = feedNames.some((f) => lag.behind(f))
      if (records === 0 && !catalogue) return {}
      const ms = throughMs()
      return { forecast: { records, catalogue, ...(ms === null ? {} : { throughAt: toInstant(ms) }) } }
    },
    backlogSeconds: () => {
      const ms = throughMs()
      return ms === null ? null : Math.max(0, Math.ceil((ms - clock.nowMs()) / 1_000))
    },
  }
}
