/** One seed, many streams of chance: what one part of the world draws shifts no other part's luck. */
import { seededRandom } from '#main/journal/memory-disk.ts'

export interface Chance {
  /** In [0, 1). */
  next(): number
  /** Both ends included. */
  int(min: number, max: number): number
  pick<T>(from: readonly T[]): T
  happens(probability: number): boolean
  /** A stream of its own, the same for the same name. */
  stream(name: string): Chance
}

const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export const chanceOf = (seed: number, name = ''): Chance => {
  const next = seededRandom(hashOf(`${seed} ${name}`))
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (from) => {
      const chosen = from[Math.floor(next() * from.length)]
      if (chosen === undefined) throw new Error('nothing to pick from')
      return chosen
    },
    happens: (probability) => next() < probability,
    stream: (more) => chanceOf(seed, `${name}/${more}`),
  }
}
