/** Bounds how much is under way at the database at once; what is over waits its turn, fair between owners. */
import { createFairQueue, type Place } from './fair-queue.ts'

export interface WorkLimit {
  run<T>(place: Place, work: () => Promise<T>): Promise<T>
  waiting(): number
  /** Resolves when nothing is under way or waiting. */
  idle(): Promise<void>
}

export interface WorkLimitOptions {
  atOnce: number
  /** Of these, one owner's. */
  perOwner?: number
  /** A job ended, and what waited next has begun. */
  onEased?(): void
}

export const createWorkLimit = ({ atOnce, perOwner = Math.ceil(atOnce / 2), onEased }: WorkLimitOptions): WorkLimit => {
  const queue = createFairQueue<() => void>(perOwner)
  const idleWaiters: (() => void)[] = []
  let running = 0

  const begin = (): void => {
    while (running < atOnce) {
      const next = queue.take()
      if (!next) return
      running += 1
      next.job()
    }
  }

  const end = (owner: string): void => {
    running -= 1
    queue.ended(owner)
    begin()
    onEased?.()
    if (running === 0) for (const settle of idleWaiters.splice(0)) settle()
  }

  return {
    run: async (place, work) => {
      await new Promise<void>((settle) => {
        queue.add(place, settle)
        begin()
      })
      try {
        return await work()
      } finally {
        end(place.owner)
      }
    },
    waiting: queue.waiting,
    idle: () => (running === 0 ? Promise.resolve() : new Promise((settle) => idleWaiters.push(settle))),
  }
}
