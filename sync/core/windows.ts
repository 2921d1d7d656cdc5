/**
 * When a class of traffic may use the line: the union of its windows. No windows: always. An empty list: never. Lengths are real
 * time, so that a window over a change of the clocks is as long as any other.
 */
export interface Openings {
  lengthMs: number
  /** The first opening after this moment; null: there is none. */
  nextAfter(ms: number): number | null
}

export interface WindowState {
  open: boolean
  /** When that ends; absent: never, or not within what was looked at. */
  changesAtMs?: number
}

const longestLookMs = 8 * 86_400_000
const mostOpenings = 2_000

export const windowStateAt = (windows: readonly Openings[] | undefined, atMs: number): WindowState => {
  if (windows === undefined) return { open: true }
  const endMs = endOfOpenTime(windows, atMs)
  if (endMs === null) return { open: true }
  if (endMs > atMs) return { open: true, changesAtMs: endMs }
  const next = windows.flatMap((w) => w.nextAfter(atMs) ?? [])
  return next.length === 0 ? { open: false } : { open: false, changesAtMs: Math.min(...next) }
}

/** `atMs` itself when closed; null when no end is in sight. */
const endOfOpenTime = (windows: readonly Openings[], atMs: number): number | null => {
  let endMs = atMs
  for (let looked = 0; looked < mostOpenings; looked++) {
    const further = Math.max(endMs, ...windows.map((w) => endOfOpeningAt(w, endMs)))
    if (further === endMs) return endMs
    if (further - atMs > longestLookMs) return null
    endMs = further
  }
  return null
}

/** The end of an opening that holds this moment; the moment itself when none does. */
const endOfOpeningAt = ({ lengthMs, nextAfter }: Openings, ms: number): number => {
  const beginsAtMs = nextAfter(ms - lengthMs)
  return beginsAtMs !== null && beginsAtMs <= ms ? beginsAtMs + lengthMs : ms
}
