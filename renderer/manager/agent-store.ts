/**
 * What the window knows: main's status and the engine's latest view. A push always outranks the answer to the first
 * question, however late that answer comes; what does not parse is left aside and the last good state stays.
 */
import {
  agentStatusSchema,
  enrolmentOutcomeSchema,
  managerToMain,
  managerViewSchema,
  type AgentStatus,
  type EnrolmentOutcome,
  type IpcResponse,
  type ManagerView,
} from '#sync/contract/ipc.ts'
import { z } from 'zod'

/** The part of the preload's bridge that this window uses. */
export interface AgentBridge {
  request(method: string, params: unknown): Promise<unknown>
  onPush(handler: (event: string, payload: unknown) => void): () => void
}

export interface AgentState {
  status: AgentStatus | null
  view: ManagerView | null
}

export type DiagnosticsPreview = NonNullable<IpcResponse<typeof managerToMain, 'diagnostics.preview'>>

export interface AgentStore {
  state(): AgentState
  subscribe(listener: () => void): () => void
  syncNow(): Promise<boolean>
  /** What would be sent to support; null when it cannot be had. */
  previewDiagnostics(requestId: string): Promise<DiagnosticsPreview | null>
  /** False when main did not take the answer. */
  decideDiagnostics(requestId: string, granted: boolean): Promise<boolean>
  enrol(entered: { hubUrl: string; code: string }): Promise<EnrolmentOutcome>
}

export const createAgentStore = (bridge: AgentBridge, onUnread: (what: string) => void): AgentStore => {
  let state: AgentState = { status: null, view: null }
  const listeners = new Set<() => void>()

  const change = (part: Partial<AgentState>): void => {
    state = { ...state, ...part }
    for (const listener of listeners) listener()
  }

  const read = <T>(schema: z.ZodType<T>, value: unknown, what: string, take: (parsed: T) => void): void => {
    const parsed = schema.safeParse(value)
    if (parsed.success) take(parsed.data)
    else onUnread(`${what}: ${z.prettifyError(parsed.error)}`)
  }

  const takeStatus = (value: unknown) => read(agentStatusSchema, value, 'agent.status', (status) => change({ status }))
  const takeView = (value: unknown) => read(managerViewSchema.nullable(), value, 'view', (view) => change({ view }))

  bridge.onPush((event, payload) => {
    if (event === 'agent.changed') takeStatus(payload)
    if (event === 'view.changed') takeView(payload)
  })
  const ask = async (method: string, take: (value: unknown) => void, isKnown: () => boolean): Promise<void> => {
    try {
      const answer = await bridge.request(method, null)
      if (!isKnown()) take(answer)
    } catch (fault) {
      onUnread(`${method}: ${String(fault)}`)
    }
  }
  void ask('agent.status', takeStatus, () => state.status !== null)
  void ask('view.get', takeView, () => state.view !== null)

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    syncNow: () =>
      bridge.request('sync.now', null).then(
        () => true,
        () => false,
      ),
    previewDiagnostics: (requestId) =>
      bridge.request('diagnostics.preview', { requestId }).then(
        (answer) => managerToMain['diagnostics.preview'].response.safeParse(answer).data ?? null,
        () => null,
      ),
    decideDiagnostics: (requestId, granted) =>
      bridge.request('diagnostics.decide', { requestId, granted }).then(
        () => true,
        () => false,
      ),
    enrol: async (entered) => enrolmentOutcomeSchema.parse(await bridge.request('enrolment.submit', entered)),
  }
}
