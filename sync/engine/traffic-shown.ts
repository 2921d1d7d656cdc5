/** How the store talks to the centre, as its manager and the centre are told. */
import type { ManagerView } from '#sync/contract/ipc.ts'
import type { Report } from '#sync/contract/report.ts'
import { trafficClasses, type SyncSettings } from '#sync/contract/traffic.ts'
import { bytesOfDay, type DayUsage } from '#sync/core/day-usage.ts'
import { toInstant } from '#sync/core/instant.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { TrafficForecast } from './traffic-forecast.ts'
import type { TrafficWindows } from './traffic-windows.ts'

type SyncView = NonNullable<ManagerView['sync']>

export interface TrafficShown {
  view(): SyncView
  /** The part of the report. */
  facts(): Report['traffic']
}

export interface TrafficShownPorts {
  clock: Clock
  settings(): SyncSettings
  windows: TrafficWindows
  today(): DayUsage
  forecast: TrafficForecast
  overridden(): boolean
}

export const createTrafficShown = ({ clock, settings, windows, today, forecast, overridden }: TrafficShownPorts): TrafficShown => {
  const windowViews = (): SyncView['windows'] => {
    const states = windows.all(clock.nowMs())
    return trafficClasses.map((c) => {
      const { open, changesAtMs } = states[c]
      return { class: c, open, ...(changesAtMs === undefined ? {} : { changesAt: toInstant(changesAtMs) }) }
    })
  }
  return {
    view: () => ({
      windows: windowViews(),
      overridden: overridden(),
      caps: { ...settings().caps, usedBytesToday: bytesOfDay(today()) },
      ...forecast.shown(),
    }),
    facts: () => {
      const open = windows.open(clock.nowMs())
      const { sentBytes, receivedBytes } = today()
      const backlogSeconds = forecast.backlogSeconds()
      return {
        open: trafficClasses.filter((c) => overridden() || open[c]),
        ...{ sentBytesToday: sentBytes, receivedBytesToday: receivedBytes },
        ...(backlogSeconds === null ? {} : { backlogSeconds }),
      }
    },
  }
}
