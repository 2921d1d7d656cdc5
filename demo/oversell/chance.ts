/** Draws of one named stream of a seed: what one part of the scenario takes does not move what another one gets. */
import { seededRandom } from '../seeded-random.ts'

export interface Chance {
  /** In [0, 1). */
  next(): number
  between(low: number, high: number): number
  poisson(mean: number): number
  /** Mean 1; the smaller the shape, the burstier. */
  gamma(shape: number): number
}

const streamOf = (seed: number, name: string): number =>
  [...name].reduce(
    (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
    (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0,
  ) >>> 0

export const chanceOf = (seed: number, name: string): Chance => {
  const next = seededRandom(streamOf(seed, name))
  const exponential = (): number => -Math.log(1 - next())
  const poisson = (mean: number): number => {
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = next(); product > limit; product *= next()) count += 1
    return count
  }
  /** A sum of so many exponentials; shapes are whole here. */
  const gamma = (shape: number): number => Array.from({ length: shape }, exponential).reduce((sum, one) => sum + one, 0) / shape
  return { next, between: (low, high) => low + (high - low) * next(), poisson, gamma }
}
