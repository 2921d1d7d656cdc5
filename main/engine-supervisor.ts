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
  /** Another window at once: what the present one is built on has changed. */
  restart(): void
  stop(): void
}

const shortestPauseMs = 500
const longestPauseMs = 30_000
/** A window that lived this long starts the backoff anew. */
const steadyMs = 60_000
const beatEveryMs = 15_000
const beatTimeoutMs = 20_000
const missedBeatsAllowed = 2
/** Replaying a large journal takes minutes at most; a page that shows nothing by then has failed without ending. */
const firstSignMs = 600_000

export const createEngineSupervisor = (ports: SupervisorPorts): EngineSupervisor => {
  let current: EngineWindow | undefined
  let state: AgentStatus['engine'] = 'off'
  let stopped = false
  let failures = 0
  let openedAtMs = 0
  let cancelPause: (() => void) | undefined
  let cancelFirstSign: (() => void) | undefined

  const setState = (next: AgentStatus['engine']): void => {
    state = next
    ports.onState(next)
  }

  const watch = (window: EngineWindow, missed: number): void => {
    let answered = false
    const settle = (nextMissed: number): void => {
      if (answered || window !== current) return
      answered = true
      if (nextMissed < missedBeatsAllowed) return void ports.after(beatEveryMs, () => window === current && watch(window, nextMissed))
      end(window, 'The engine window no longer answers and is ended.')
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
    cancelFirstSign = ports.after(firstSignMs, () => end(window, 'The engine window shows no work and is ended.'))
    watch(window, 0)
  }

  const end = (window: EngineWindow, why: string): void => {
    if (window !== current) return
    ports.onTrouble(why)
    window.kill()
  }

  /** Forgotten before it is closed: what closing sets off must not look like another end. */
  const closeCurrent = (): void => {
    const window = current
    current = undefined
    cancelFirstSign?.()
    window?.close()
  }

  const replace = (reason: string): void => {
    closeCurrent()
    failures = ports.nowMs() - openedAtMs > steadyMs ? 0 : failures + 1
    const ceilingMs = Math.min(longestPauseMs, shortestPauseMs * 2 ** failures)
    const pauseMs = shortestPauseMs + ports.random() * (ceilingMs - shortestPauseMs)
    ports.onTrouble(`The engine window is gone (${reason}); another opens in ${Math.round(pauseMs)} ms.`)
    setState('restarting')
    cancelPause = ports.after(pauseMs, open)
  }

  return {
    start: () => {
      setState('starting')
      open()
    },
    markRunning: () => {
      cancelFirstSign?.()
      if (current && state !== 'running') setState('running')
    },
    restart: () => {
      if (stopped) return
      cancelPause?.()
      closeCurrent()
      setState('restarting')
      open()
    },
    stop: () => {
      stopped = true
      cancelPause?.()
      closeCurrent()
    },
  }
}
