/**
 * One thing after the other on the journal's files:
 *
 *   what waits ─▶ a write ─▶ what waits by then ─▶ a write ─▶ …      steps ─── when nothing is under way, first
 */
import { CannotWrite } from './cannot-write.ts'
import type { BatchWriter } from './batch-writer.ts'
import type { Waiting, WaitingLine } from './waiting.ts'

export interface WriteOrder {
  /** False, and not taken, when too much waits already. */
  push(one: Waiting): boolean
  /** All that was written before is durable or refused by then. */
  betweenWrites<T>(step: () => Promise<T>): Promise<T>
  /** Takes nothing more, and resolves when what waits is done. */
  close(): Promise<void>
}

export const createWriteOrder = (waiting: WaitingLine, batches: Pick<BatchWriter, 'write' | 'settled'>): WriteOrder => {
  const steps: (() => Promise<void>)[] = []
  let running: Promise<void> | null = null
  let closed = false

  const run = async (): Promise<void> => {
    while (steps.length > 0 || waiting.length > 0) {
      if (steps.length > 0) await batches.settled()
      const step = steps.shift()
      await (step ? step() : batches.write(waiting.takeBatch()))
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
      await batches.settled()
    },
  }
}
