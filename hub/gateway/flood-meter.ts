/** Judges a connection by its faults: messages that are not of the protocol, or beyond its bounds. A few are forgiven, many slow it, more end it. */
export interface FloodLimits {
  slowedFrom: number
  dismissedFrom: number
  forgivenPerSecond: number
}

export const usualFloodLimits: FloodLimits = { slowedFrom: 20, dismissedFrom: 100, forgivenPerSecond: 2 }

export type FloodVerdict = 'forgiven' | 'slowed' | 'dismissed'

/** Called for each fault. */
export const createFloodMeter = ({ slowedFrom, dismissedFrom, forgivenPerSecond }: FloodLimits): ((nowMs: number) => FloodVerdict) => {
  let faults = 0
  let lastMs = Number.NEGATIVE_INFINITY
  return (nowMs) => {
    const forgiven = Math.max(0, nowMs - lastMs) * (forgivenPerSecond / 1_000)
    faults = Math.max(0, faults - forgiven) + 1
    lastMs = nowMs
    if (faults >= dismissedFrom) return 'dismissed'
    return faults >= slowedFrom ? 'slowed' : 'forgiven'
  }
}
