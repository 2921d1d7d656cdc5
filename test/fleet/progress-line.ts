/** What a person reads while a fleet runs: a line every two seconds, with what acknowledgements took since the one before. */
import { percentile } from '../bench/figures.ts'
import type { FleetStatus } from './fleet.ts'

const everyMs = 2_000

export interface ProgressLine {
  look(status: FleetStatus): void
  /** Of all that was looked at so far. */
  allTookMs(): readonly number[]
}

export const createProgressLine = (stores: number, print: (line: string) => void): ProgressLine => {
  const all: number[] = []
  let shown = 0
  let shownAtMs = -Infinity
  return {
    look: ({ connected, refused, toldToWait, captured, acknowledged, tookMs }) => {
      for (const took of tookMs) all.push(took)
      if (performance.now() - shownAtMs < everyMs) return
      shownAtMs = performance.now()
      const lately = all.slice(shown)
      shown = all.length
      const times = lately.length === 0 ? '' : `, p50 ${percentile(lately, 0.5)} ms, p99 ${percentile(lately, 0.99)} ms`
      print(
        `${connected} of ${stores} connected, ${refused} refused, ${toldToWait} times told to wait; ` +
          `${captured} captured, ${acknowledged} acknowledged${times}`,
      )
    },
    allTookMs: () => all,
  }
}
