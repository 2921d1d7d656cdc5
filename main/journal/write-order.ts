/**
 * One thing at a time on the journal's files:
 *
 *   what waits ─▶ a write ─▶ what waits by then ─▶ a write ─▶ …      steps ─── between two writes, first
 */
import { CannotWrite } from './cannot-write.ts'
import type { Waiting, WaitingLine } from './waiting.ts'

export interface WriteOrder {
  /** False, and not taken, when too much waits already. */
  push(one: Waiting): boolean
  betweenWrites<T>(step: () => Promise<T>): Promise<T>
  /** Takes nothing more, and resolves when what waits is done. */
  close(): Promise<void>
}

/** `writeBatch` settles what it is given, and never rejects. */
export const createWriteOrder = (waiting: WaitingLine, writeBatch: (batch: readonly Waiting[]) => Promise<void>): WriteOrder => {
  const steps: (() => Promise<void>)[] = []
  let running: Promise<void> | null = null
  let closed = false

  const run = async (): Promise<void> => {
    while (steps.length > 0 || waiting.length > 0) {
      const step = steps.shift()
      await (step ? step() : writeBatch(waiting.takeBatch()))
    }
    running = null
  }
  return {
    push: (one) => {
      if (closed || !waiting.push(one)) return false
      running ??= run()
      return true
    },
    betweenWrites: (step) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new CannotWrite('the journal is closed'))
        steps.push(() => step().then(resolve, reject))
        running ??= run()
      }),
    close: async () => {
      closed = true
      await running
    },
  }
}
