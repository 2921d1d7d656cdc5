/**
 * Keeps one engine window alive. It goes away → another is opened after a growing, jittered pause, for ever; capture does not
 * wait for it [CAP12]. A window that stops answering its heartbeat twice is ended, which is one more way to go away.
 *
 *   off → starting → running → (gone) restarting → running …
 */
import type { AgentStatus } from '#sync/contract/ipc.ts'
import type { Clock, Random } from '#sync/core/ports.ts'

export interface EngineWindow {
  /** Resolves when the page's own thread has answered. */
  beat(): Promise<unknown>
  /** Ends a window that no longer answers; `onGone` follows. */
  kill(): void
  close(): void
}

export interface SupervisorPorts {
  open: (onGone: (reason: string) => void) => EngineWindow
  after: Clock['after']
  nowMs: Clock['nowMs']
  random: Random
  onState: (state: AgentStatus['engine']) => void
  onTrouble: (message: string) => void
}

export interface EngineSupervisor {
  start(): void
  /** The engine has shown its first sign of work. */
  markRunning(): void
  stop(): void
}

const shortestPauseMs = 500
const longestPauseMs = 30_000
/** A window that lived this long starts the backoff anew. */
const steadyMs = 60_000
const beatEveryMs = 15_000
const beatTimeoutMs = 20_000
const missedBeatsAllowed = 2

export const createEngineSupervisor = (ports: SupervisorPorts): EngineSupervisor => {
  let current: EngineWindow | undefined
  let stopped = false
  let failures = 0
  let openedAtMs = 0
  let cancelPause: (() => void) | undefined

  const watch = (window: EngineWindow, missed: number): void => {
    let answered = false
    const settle = (nextMissed: number): void => {
      if (answered || window !== current) return
      answered = true
      if (nextMissed < missedBeatsAllowed) return void ports.after(beatEveryMs, () => window === current && watch(window, nextMissed))
      ports.onTrouble('the engine window no longer answers; ending it')
      window.kill()
    }
    const cancel = ports.after(beatTimeoutMs, () => settle(missed + 1))
    const alive = () => {
      cancel()
      settle(0)
    }
    window.beat().then(alive, alive)
  }

  const open = (): void => {
    openedAtMs = ports.nowMs()
    const window: EngineWindow = ports.open((reason) => {
      if (window === current) replace(reason)
    })
    current = window
    watch(window, 0)
  }

  const replace = (reason: string): void => {
    current?.close()
    current = undefined
    if (stopped) return
    failures = ports.nowMs() - openedAtMs > steadyMs ? 0 : failures + 1
    const ceilingMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** failures)
    const pauseMs = shortestPauseMs + ports.random() * (ceilingMs - shortestPauseMs)
    ports.onTrouble(`the engine window is gone (${reason}); another opens in ${Math.round(pauseMs)} ms`)
    ports.onState('restarting')
    cancelPause = ports.after(pauseMs, open)
  }

  return {
    start: () => {
      ports.onState('starting')
      open()
    },
    markRunning: () => {
      if (current) ports.onState('running')
    },
    stop: () => {
      stopped = true
      cancelPause?.()
      current?.close()
      current = undefined
    },
  }
}
