/** Waits for what must become true; what it waited for in vain is a claim that does not hold, not an end of the story. */
import { setTimeout as delay } from 'node:timers/promises'

const lookEveryMs = 150

export const becomesTrue = async (holds: () => Promise<boolean>, withinMs = 120_000): Promise<boolean> => {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    // A process that is away or on its way is asked again.
    if (await holds().catch(() => false)) return true
    await delay(lookEveryMs)
  }
  return false
}
