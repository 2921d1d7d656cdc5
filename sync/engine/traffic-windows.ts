/**
 * Whether each class may use the line, from the settings' patterns: read once, and looked up anew only when something changes by them.
 * A line paid by the byte keeps bulk waiting unless it has windows of its own.
 */
import type { SyncSettings, TrafficClass } from '#sync/contract/traffic.ts'
import { windowStateAt, type WindowState } from '#sync/core/windows.ts'
import type { EngineLog } from './log.ts'
import { readWindows } from './windows.ts'

export interface TrafficWindows {
  at(trafficClass: TrafficClass, ms: number): WindowState
  all(ms: number): Record<TrafficClass, WindowState>
  open(ms: number): Record<TrafficClass, boolean>
  /** The settings may differ: true when they do. */
  reread(): boolean
}

export interface TrafficWindowsPorts {
  settings(): SyncSettings
  timeZone(): string
  log: EngineLog
}

interface Known {
  fromMs: number
  state: WindowState
}

export const createTrafficWindows = ({ settings, timeZone, log }: TrafficWindowsPorts): TrafficWindows => {
  const read = () => {
    const found = readWindows(settings().windows, timeZone())
    if (found.unreadable.length > 0) log('warn', 'a window could not be read; it is left out', { patterns: found.unreadable })
    return found.windows
  }
  const given = () => ({ settings: settings(), timeZone: timeZone() })
  let last = given()
  let windows = read()
  let known = new Map<TrafficClass, Known>()

  const look = (trafficClass: TrafficClass, ms: number): WindowState => {
    const own = windows[trafficClass]
    return trafficClass === 'bulk' && own === undefined && settings().caps.metered ? { open: false } : windowStateAt(own, ms)
  }
  const at = (trafficClass: TrafficClass, ms: number): WindowState => {
    const before = known.get(trafficClass)
    if (before && before.fromMs <= ms && ms < (before.state.changesAtMs ?? before.fromMs)) return before.state
    const state = look(trafficClass, ms)
    known.set(trafficClass, { fromMs: ms, state })
    return state
  }
  const all = (ms: number) => ({ urgent: at('urgent', ms), routine: at('routine', ms), bulk: at('bulk', ms) })
  return {
    at: look,
    all,
    open: (ms) => {
      const states = all(ms)
      return { urgent: states.urgent.open, routine: states.routine.open, bulk: states.bulk.open }
    },
    reread: () => {
      const now = given()
      if (now.settings === last.settings && now.timeZone === last.timeZone) return false
      last = now
      windows = read()
      known = new Map()
      return true
    },
  }
}
