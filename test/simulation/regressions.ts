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
  {
    title: 'feeds that were read while nobody spoke of epochs are read anew once the hub tells a restored one',
    seed: 4817,
    faults: [
      { kind: 'protocol 2', atMs: 2_160, side: 'agents', forMs: 81_642 },
      { kind: 'disk image restored', atMs: 68_337, agent: 5, takenAtMs: 19_772, localDatabase: 'lost' },
      { kind: 'computer cloned', atMs: 75_387, agent: 7 },
      { kind: 'hub restored', atMs: 86_992, takenAtMs: 1, declaredAfterMs: 5_000 },
    ],
  },
  {
    title:
      'feeds of a store whose local database was lost under an old protocol are not taken for the restored hub’s, though they are as long',
    seed: 5658,
    faults: [
      { kind: 'protocol 2', atMs: 67_670, side: 'agents', forMs: 100_794 },
      { kind: 'local database wiped', atMs: 70_966, agent: 3 },
      { kind: 'agent killed', atMs: 79_057, agent: 1, isPowerCut: false, downMs: 41_912 },
      { kind: 'hub restored', atMs: 87_140, takenAtMs: 25_786, declaredAfterMs: 5_000 },
    ],
  },
  {
    title: 'a copied disk’s second record is not hung onto the first one of the other computer',
    seed: 6544,
    faults: [
      { kind: 'poison document', atMs: 2_839, store: 6, feed: 'assortment' },
      { kind: 'ERP mood', atMs: 3_646, mood: 'away', forMs: 33_182 },
      { kind: 'computer cloned', atMs: 31_302, agent: 1 },
      { kind: 'poison document', atMs: 40_158, store: 1, feed: 'prices' },
      { kind: 'hub deaf', atMs: 56_054, hub: 4, forMs: 55_200 },
      {
        ...{ kind: 'weather', atMs: 66_489, store: 5, forMs: 116_669 },
        weather: { lose: 0.11360518641304224, double: 0, overtake: 0.03089639777317643, cut: 0, slowestMs: 3_000 },
      },
    ],
  },
  {
    title: 'a hub put back to before its first epoch waits for what the ERP is still at, as any other does',
    seed: 6882,
    faults: [
      { kind: 'ERP mood', atMs: 8_822, mood: 'slow', forMs: 69_216 },
      { kind: 'hub restored', atMs: 30_333, takenAtMs: 1, declaredAfterMs: 0 },
    ],
  },
]
