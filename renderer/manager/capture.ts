/** What main says of capture while it runs: parts of its status that the window shows also while the engine is away. */
import type { AgentStatus } from '#sync/contract/ipc.ts'

export type RunningCapture = Extract<AgentStatus['capture'], { state: 'running' }>
export type OpenException = RunningCapture['exceptions'][number]

/** Null while sales are not being taken: then nobody looks for what is missing. */
export const runningCapture = ({ capture }: AgentStatus): RunningCapture | null => (capture.state === 'running' ? capture : null)
