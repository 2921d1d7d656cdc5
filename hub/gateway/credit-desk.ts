/**
 * How many batches each store may have in flight, from how much waits [TRN14]: all of them while there is room, one when it is
 * crowded, none for a while when there is too much. Who was told less is told when it rises, the longest waiting first.
 */
import { batchLimits } from '#sync/contract/protocol.ts'
import type { Credit } from '#sync/contract/up.ts'

export type Tell = (credit: Credit) => void

export interface CreditDesk {
  /** What this store may do from now on; `tell` is called when that rises, and stands for the store. */
  grant(tell: Tell): Credit
  /** Something that waited was done. */
  eased(): void
  leave(tell: Tell): void
}

/** Jobs waiting for each one that can run at once. */
const crowdedFrom = 4
const overloadedFrom = 32

export const creditLevel = (waiting: number, atOnce: number): 0 | 1 | 4 => {
  if (waiting >= overloadedFrom * atOnce) return 0
  return waiting >= crowdedFrom * atOnce ? 1 : batchLimits.maxInFlight
}

const shortestPauseMs = 1_000
/** Pauses differ by so much, so that those who were told nothing else do not come as one. */
const pauseStepMs = 25
const longestPauseMs = 600_000

export const createCreditDesk = (waiting: () => number, atOnce: number): CreditDesk => {
  /** Those with less than all, each in the order in which it was told. */
  const told: Record<0 | 1, Set<Tell>> = { 0: new Set(), 1: new Set() }

  const leave = (tell: Tell): void => {
    told[0].delete(tell)
    told[1].delete(tell)
  }

  const grant = (tell: Tell): Credit => {
    leave(tell)
    const batches = creditLevel(waiting(), atOnce)
    if (batches !== batchLimits.maxInFlight) told[batches].add(tell)
    if (batches > 0) return { batches }
    return { batches, afterMs: Math.min(longestPauseMs, shortestPauseMs + told[0].size * pauseStepMs) }
  }

  const nextToRaise = (level: 0 | 1 | 4): Tell | undefined => {
    const [none] = level > 0 ? told[0] : []
    const [one] = level > 1 ? told[1] : []
    return none ?? one
  }

  return {
    grant,
    leave,
    eased: () => {
      const level = creditLevel(waiting(), atOnce)
      // One for each job that was done; when nothing waits, as many as can run.
      for (let raised = waiting() === 0 ? atOnce : 1; raised > 0; raised--) {
        const tell = nextToRaise(level)
        if (!tell) return
        tell(grant(tell))
      }
    },
  }
}
