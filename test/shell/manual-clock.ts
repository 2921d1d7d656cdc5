/** A clock that moves only when told: timers fire in order of their time. */
export interface ManualClock {
  nowMs(): number
  after(delayMs: number, callback: () => void): () => void
  advance(byMs: number): Promise<void>
  pending(): number
}

/** Lets what was resolved meanwhile run. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

export const createManualClock = (): ManualClock => {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  const advance = async (byMs: number): Promise<void> => {
    const until = now + byMs
    await settle()
    for (;;) {
      const next = timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      timers = timers.filter((t) => t !== next)
      now = next.at
      next.callback()
      await settle()
    }
    now = until
  }
  return {
    nowMs: () => now,
    after: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((t) => t !== timer))
    },
    advance,
    pending: () => timers.length,
  }
}
