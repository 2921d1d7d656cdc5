/**
 * A task that comes round: every so often and not to the second, so that a fleet does not act as one; sooner when asked. One at a time;
 * a round that fails is told of, and the next one comes in its time.
 */
import type { Clock, Random } from '#sync/core/ports.ts'
import { coalesce } from './coalesce.ts'

export interface RoundsPorts {
  clock: Clock
  random: Random
  everyMs(): number
  run(): Promise<void>
  onError(error: unknown): void
}

export interface Rounds {
  /** The next round begins within this time, at a moment of chance; one that is due earlier stays. */
  soon(withinMs: number): void
  /** Resolves when a round that began after this call is over. */
  now(): Promise<void>
  close(): Promise<void>
}

export const createRounds = ({ clock, random, everyMs, run, onError }: RoundsPorts): Rounds => {
  let cancelTimer = (): void => undefined
  let dueAtMs = Infinity
  let closed = false

  const round = async (): Promise<void> => {
    dueAtMs = Infinity
    try {
      await run()
    } catch (error) {
      if (!closed) onError(error)
    }
    schedule(everyMs() * (0.75 + random() / 2))
  }
  const rounds = coalesce(clock, round, onError)
  const now = (): Promise<void> => {
    cancelTimer()
    return rounds.run()
  }
  const schedule = (delayMs: number): void => {
    const atMs = clock.nowMs() + delayMs
    if (closed || atMs >= dueAtMs) return
    cancelTimer()
    dueAtMs = atMs
    cancelTimer = clock.after(delayMs, () => void now())
  }
  return {
    soon: (withinMs) => schedule(withinMs * random()),
    now,
    close: async () => {
      closed = true
      cancelTimer()
      await rounds.close()
    },
  }
}
