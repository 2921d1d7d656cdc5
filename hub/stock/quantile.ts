/**
 * How many units may have gone unseen: a count with a mean and a dispersion (variance over mean). At 1 it is Poisson, customers who come one
 * by one; above it is negative binomial, demand that comes in bursts. More mean never makes a smaller quantile, nor a greater probability.
 */

export interface UnseenUnits {
  /** Millionths of a unit. */
  meanMicro: number
  /** Variance over mean in parts per million, at least 1,000,000. */
  dispersionPpm: number
}

const million = 1_000_000
/** Sums that grow beyond what a double holds are carried with an exponent of their own. */
const rescaleAt = 1e200
/** What lies behind is no part in a million: a large shelf is not walked to its end. */
const allButNothing = 1 - 1e-12
const rescaleLog = Math.log(rescaleAt)

type Law = { logFirst: number; next: (k: number) => number }

const lawOf = ({ meanMicro, dispersionPpm }: UnseenUnits): Law => {
  const mean = meanMicro / million
  const excess = (dispersionPpm - million) / million
  if (excess <= 0) return { logFirst: -mean, next: (k) => mean / k }
  const size = mean / excess
  const share = excess / (1 + excess)
  return { logFirst: 0 - size * Math.log1p(excess), next: (k) => ((size + k - 1) / k) * share }
}

/** Walks P(X ≤ 0), P(X ≤ 1), … up to `limit`, or until told to stop. */
const walk = (unseen: UnseenUnits, limit: number, isEnough: (probability: number) => boolean): { units: number; probability: number } => {
  const { logFirst, next } = lawOf(unseen)
  let [term, sum, logScale] = [1, 1, logFirst]
  for (let units = 0; ; units += 1) {
    const probability = Math.min(1, sum * Math.exp(logScale))
    if (units >= limit || isEnough(probability)) return { units, probability }
    term *= next(units + 1)
    sum += term
    if (sum < rescaleAt) continue
    term /= rescaleAt
    sum /= rescaleAt
    logScale += rescaleLog
  }
}

/** P(X ≤ units) in parts per million, rounded down; 0 below zero units. */
export const probabilityPpm = (unseen: UnseenUnits, units: number): number => {
  if (units < 0) return 0
  if (unseen.meanMicro === 0) return million
  return Math.floor(walk(unseen, units, (probability) => probability >= allButNothing).probability * million + 1e-6)
}

/** The fewest units that are not exceeded with that probability; never looks beyond `limit`. */
export const quantileUnits = (unseen: UnseenUnits, servicePpm: number, limit: number): number => {
  if (unseen.meanMicro === 0 || limit <= 0) return 0
  return walk(unseen, limit, (probability) => probability * million >= servicePpm).units
}
