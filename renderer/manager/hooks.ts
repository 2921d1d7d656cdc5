/** React's view of the agent store, and a clock that ticks slowly enough for "3 minutes". */
import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react'
import { must } from '#sync/contract/assert.ts'
import type { AgentState, AgentStore } from './agent-store.ts'

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
