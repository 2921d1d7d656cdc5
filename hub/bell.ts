/** A pause that a ring cuts short; a ring between two pauses is not lost. */
import type { Clock } from '#sync/core/ports.ts'

export interface Bell {
  ring(): void
  wait(timeoutMs: number): Promise<void>
}

export const createBell = (clock: Pick<Clock, 'after'>): Bell => {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    wait: async (timeoutMs) => {
      if (!rung) {
        await new Promise<void>((settle) => {
          const cancel = clock.after(timeoutMs, settle)
          wake = () => {
            cancel()
            settle()
          }
        })
      }
      rung = false
      wake = null
    },
  }
}
