/** React's view of the agent store, and a clock that ticks slowly enough for "3 minutes". */
import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react'
import { must } from '#sync/contract/assert.ts'
import type { AgentState, AgentStore } from './agent-store.ts'
import { messages } from './messages.ts'

export const AgentStoreContext = createContext<AgentStore | null>(null)

export const useAgentStore = (): AgentStore => must(use(AgentStoreContext), 'agent store')

export const useAgentState = (): AgentState => {
  const store = useAgentStore()
  return useSyncExternalStore(store.subscribe, store.state)
}

const tickMs = 10_000

export const useNowMs = (): number => {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), tickMs)
    return () => clearInterval(timer)
  }, [])
  return nowMs
}

export interface SyncNow {
  busy: boolean
  /** What came of it, to be announced. */
  note: string
  syncNow(): void
}

export const useSyncNow = (): SyncNow => {
  const store = useAgentStore()
  const [busy, setBusy] = useState(false)
  const [note, setNote] = useState('')
  const start = async (): Promise<void> => {
    setBusy(true)
    setNote((await store.syncNow()) ? messages.syncNowDone : messages.syncNowFailed)
    setBusy(false)
  }
  return { busy, note, syncNow: () => void start() }
}
