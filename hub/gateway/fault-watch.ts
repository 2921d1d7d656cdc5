/** Watches a connection's answers for its faults: a few are answered at once, more of them late, and then the connection is to end. */
import { createFloodMeter } from './flood-meter.ts'
import type { SessionContext } from './session-context.ts'

const slowedMs = 250

/** What is not of the protocol, or beyond its bounds. */
const isFault = (answer: unknown): boolean => {
  const { code } = (answer ?? {}) as { code?: unknown }
  return code === 'UNKNOWN_MESSAGE' || code === 'HUB_BUSY'
}

export const createFaultWatch = ({ floodLimits, steadyMs, pause }: SessionContext): ((answer: unknown) => Promise<'goes-on' | 'ends'>) => {
  const judge = createFloodMeter(floodLimits)
  return async (answer) => {
    const verdict = isFault(answer) ? judge(steadyMs()) : 'forgiven'
    if (verdict === 'slowed') await pause(slowedMs)
    return verdict === 'dismissed' ? 'ends' : 'goes-on'
  }
}
