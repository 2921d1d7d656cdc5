/** Histories that once broke an invariant, by name: the seed of the world, and the shortest list of faults that did it. */
import type { Fault } from './fault.ts'

export interface Regression {
  title: string
  seed: number
  faults: readonly Fault[]
}

export const regressions: readonly Regression[] = [
  {
    title:
      'a hub restored to before a sale was posted: what the store had heard of the posting, and the hub no longer knows, leaves the store',
    seed: 11,
    faults: [
      { kind: 'disk image restored', atMs: 64_812, agent: 5, takenAtMs: 0, localDatabase: 'restored' },
      { kind: 'hub restored', atMs: 96_303, takenAtMs: 19_559, declaredAfterMs: 60_000 },
    ],
  },
]
