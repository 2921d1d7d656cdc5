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
  {
    title: 'a hub restored while a slow ERP is still at a posting of its former life does not post it a second time',
    seed: 2502,
    faults: [
      { kind: 'computer cloned', atMs: 4_844, agent: 4 },
      { kind: 'local database full', atMs: 12_953, agent: 3, forMs: 39_658 },
      { kind: 'ERP mood', atMs: 52_453, mood: 'slow', forMs: 56_763 },
      { kind: 'hub restored', atMs: 62_199, takenAtMs: 12_340, declaredAfterMs: 0 },
    ],
  },
]
