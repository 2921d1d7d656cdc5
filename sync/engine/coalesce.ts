/** One run of a task at a time; asked for while it runs, it runs once more. After a failure it is tried again by itself. */
import type { Clock } from '#sync/core/ports.ts'

export interface Coalesced {
  /** Resolves when the task is idle. */
  run(): Promise<void>
  close(): Promise<void>
}

const retryMs = 1_000

export const coalesce = (clock: Clock, task: () => Promise<void>, onError: (error: unknown) => void): Coalesced => {
  let running: Promise<void> | null = null
  let again = false
  let closed = false
  let cancelRetry: (() => void) | null = null

  const attempt = async (): Promise<void> => {
    try {
      await task()
    } catch (error) {
      if (closed) return
      onError(error)
      cancelRetry?.()
      cancelRetry = clock.after(retryMs, () => void run())
    }
  }
  const loop = async (): Promise<void> => {
    do {
      again = false
      await attempt()
    } while (again && !closed)
    // In the same turn as the check above, or a call in between would be lost.
    running = null
  }
  const run = (): Promise<void> => {
    if (closed) return Promise.resolve()
    again = true
    running ??= loop()
    return running
  }
  const close = async (): Promise<void> => {
    closed = true
    cancelRetry?.()
    await running
  }
  return { run, close }
}
