/**
 * The life of one process. Whatever it asks of the world outside goes through `gate`: it takes time, and when the process is killed
 * meanwhile, the world may or may not have done it, and nobody hears the answer. So a kill can fall between any two awaits.
 */
import type { Clock } from '#sync/core/ports.ts'
import type { Chance } from './chance.ts'
import type { Scheduler } from './scheduler.ts'

export interface Life {
  readonly name: string
  isAlive(): boolean
  kill(): void
  /** Told at the end, in the order of asking. */
  onEnd(callback: () => void): void
  gate<T>(what: string, work: () => T | Promise<T>, longestMs?: number): Promise<T>
  after(delayMs: number, what: string, happen: () => void): () => void
  /** `wallMs` is what this process's computer shows when the world began. */
  clock(wallMs: () => number): Clock
}

/** Most calls cost no event of their own: a world in which everything waits shows no more, and takes longer. */
const promptly = 0.6

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

export const startLife = (name: string, scheduler: Scheduler, chance: Chance, parent?: Life): Life => {
  let alive = true
  const endings: (() => void)[] = []
  const isAlive = (): boolean => alive && (parent?.isAlive() ?? true)
  const after = (delayMs: number, what: string, happen: () => void): (() => void) =>
    scheduler.after(delayMs, `${name}: ${what}`, () => isAlive() && happen())

  const whenAlive = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      const value = await work()
      return isAlive() ? value : await never<T>()
    } catch (error) {
      if (!isAlive()) return never<T>()
      throw error
    }
  }
  const gate = <T>(what: string, work: () => T | Promise<T>, longestMs = 4): Promise<T> => {
    if (!isAlive()) return never<T>()
    if (chance.happens(promptly)) return whenAlive(work)
    const delayMs = chance.int(1, longestMs)
    if (chance.happens(0.5)) {
      const early = whenAlive(work)
      early.catch(() => undefined)
      return new Promise<T>((resolve) => void after(delayMs, `${what}, answered`, () => resolve(early)))
    }
    return new Promise<T>((resolve) => void after(delayMs, what, () => resolve(whenAlive(work))))
  }
  const kill = (): void => {
    if (!alive) return
    alive = false
    scheduler.note(`${name} ends`)
    for (const ending of endings.splice(0)) ending()
  }
  return {
    name,
    isAlive,
    kill,
    onEnd: (callback) => void endings.push(callback),
    gate,
    after,
    clock: (wallMs) => ({
      nowMs: () => scheduler.nowMs() + wallMs(),
      after: (delayMs, callback) => after(delayMs, 'timer', callback),
    }),
  }
}
