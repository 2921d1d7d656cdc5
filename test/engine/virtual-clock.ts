/**
 * A clock that a test moves: timers fire in order of their time, each followed by the work it caused. As on a real machine, setting
 * the wall clock moves no timer.
 */
import type { Clock } from '#sync/core/ports.ts'

interface Timer {
  dueMs: number
  callback: () => void
}

/** Lets promises and RxDB's own zero timers run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class VirtualClock implements Clock {
  #nowMs = 0
  #wallOffsetMs: number
  #timers: Timer[] = []

  constructor(start: string) {
    this.#wallOffsetMs = Date.parse(start)
  }

  nowMs(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer)
    }
  }

  setWall(ms: number): void {
    this.#wallOffsetMs = ms - this.#nowMs
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    for (;;) {
      await settle()
      const due = this.#timers.filter((t) => t.dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0]
      if (!due) break
      this.#timers = this.#timers.filter((t) => t !== due)
      this.#nowMs = Math.max(this.#nowMs, due.dueMs)
      due.callback()
    }
    this.#nowMs = endMs
  }

  /** Advances in small steps until the condition holds. */
  async until(condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
    for (let i = 0; i < 4_000; i++) {
      if (await condition()) return
      await this.advance(50)
    }
    throw new Error(`${what} did not come true`)
  }
}
