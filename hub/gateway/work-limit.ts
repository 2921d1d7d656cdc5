/** Bounds how much is under way at once; what is over waits in order of arrival. */

export interface WorkLimit {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when nothing is under way or waiting. */
  idle(): Promise<void>
}

export const createWorkLimit = (atOnce: number): WorkLimit => {
  let running = 0
  const waiting: (() => void)[] = []
  const idleWaiters: (() => void)[] = []

  const release = (): void => {
    const next = waiting.shift()
    if (next) return next()
    running -= 1
    if (running === 0) for (const settle of idleWaiters.splice(0)) settle()
  }

  return {
    run: async (work) => {
      if (running < atOnce) running += 1
      else await new Promise<void>((settle) => waiting.push(settle))
      try {
        return await work()
      } finally {
        release()
      }
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((settle) => idleWaiters.push(settle))),
  }
}
