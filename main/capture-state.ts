/**
 * What the store side knows of itself besides its records, for the manager's window: room on the disk, open exceptions, business days,
 * files being read. Each part of the store agent sets its own field; whoever shows it listens.
 */
import type { AgentStatus } from '#sync/contract/ipc.ts'

type Running = Extract<AgentStatus['capture'], { state: 'running' }>
export type CaptureState = Pick<Running, 'disk' | 'exceptions' | 'exceptionCount' | 'days' | 'files'>

export interface CaptureStateHolder {
  get(): CaptureState
  set(part: Partial<CaptureState>): void
  onChanged(callback: () => void): () => void
}

export const emptyCaptureState: CaptureState = { disk: { state: 'roomy' }, exceptions: [], exceptionCount: 0, days: [], files: [] }

export const createCaptureState = (): CaptureStateHolder => {
  let state = emptyCaptureState
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    set: (part) => {
      state = { ...state, ...part }
      for (const listener of listeners) listener()
    },
    onChanged: (callback) => {
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
  }
}
