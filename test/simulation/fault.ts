/**
 * What can go wrong, as a list that can be written down, shortened and played again. Times are milliseconds since the world began;
 * `store`, `agent` and `hub` count from 0 and wrap around, so that a list fits any world.
 */
import type { Chance } from './chance.ts'
import type { ErpMood } from './erp.ts'
import type { Weather } from './network.ts'

export type Fault = { atMs: number } & (
  | { kind: 'weather'; store: number; forMs: number; weather: Weather }
  | { kind: 'cut'; store: number; isHalfOpen: boolean }
  | { kind: 'agent killed'; agent: number; isPowerCut: boolean; downMs: number }
  | { kind: 'engine killed'; agent: number }
  | { kind: 'hub killed'; hub: number; downMs: number }
  | { kind: 'hub deaf'; hub: number; forMs: number }
  | { kind: 'SQL trouble'; forMs: number; likelihood: number }
  | { kind: 'clock jumps'; agent: number; byMs: number }
  | { kind: 'disk full'; agent: number; forMs: number }
  | { kind: 'local database full'; agent: number; forMs: number }
  | { kind: 'local database wiped'; agent: number }
  | { kind: 'disk image restored'; agent: number; takenAtMs: number; localDatabase: 'kept' | 'restored' | 'lost' }
  | { kind: 'computer cloned'; agent: number }
  | { kind: 'hub restored'; takenAtMs: number; declaredAfterMs: number }
  | { kind: 'ERP mood'; mood: ErpMood; forMs: number }
  | { kind: 'settings changed'; store: number; name: string }
  | { kind: 'poison record'; agent: number }
  | { kind: 'poison document'; store: number; feed: 'items' | 'prices' | 'assortment' }
  | { kind: 'protocol 2'; side: 'hub' | 'agents'; forMs: number }
)

export type FaultKind = Fault['kind']

const dayMs = 86_400_000

const drawWeather = (chance: Chance): Weather => {
  const bad = (probability: number): number => (chance.happens(0.5) ? chance.next() * probability : 0)
  return {
    lose: bad(0.15),
    double: bad(0.4),
    overtake: bad(0.4),
    cut: bad(0.1),
    slowestMs: chance.pick([30, 200, 3_000]),
  }
}

const makers: Record<FaultKind, (chance: Chance, atMs: number) => Fault> = {
  weather: (chance, atMs) => ({
    ...{ kind: 'weather', atMs, store: chance.int(0, 9), forMs: chance.int(5_000, 120_000), weather: drawWeather(chance) },
  }),
  cut: (chance, atMs) => ({ kind: 'cut', atMs, store: chance.int(0, 9), isHalfOpen: chance.happens(0.4) }),
  'agent killed': (chance, atMs) => ({
    ...{ kind: 'agent killed', atMs, agent: chance.int(0, 9), isPowerCut: chance.happens(0.6), downMs: chance.int(500, 60_000) },
  }),
  'engine killed': (chance, atMs) => ({ kind: 'engine killed', atMs, agent: chance.int(0, 9) }),
  'hub killed': (chance, atMs) => ({ kind: 'hub killed', atMs, hub: chance.int(0, 9), downMs: chance.int(500, 90_000) }),
  'hub deaf': (chance, atMs) => ({ kind: 'hub deaf', atMs, hub: chance.int(0, 9), forMs: chance.int(1_000, 60_000) }),
  'SQL trouble': (chance, atMs) => ({
    ...{ kind: 'SQL trouble', atMs, forMs: chance.int(2_000, 40_000), likelihood: chance.pick([0.01, 0.05, 0.2]) },
  }),
  'clock jumps': (chance, atMs) => ({
    ...{ kind: 'clock jumps', atMs, agent: chance.int(0, 9), byMs: chance.pick([-1, 1]) * chance.int(60_000, 3 * dayMs) },
  }),
  'disk full': (chance, atMs) => ({ kind: 'disk full', atMs, agent: chance.int(0, 9), forMs: chance.int(2_000, 60_000) }),
  'local database full': (chance, atMs) => ({
    ...{ kind: 'local database full', atMs, agent: chance.int(0, 9), forMs: chance.int(2_000, 60_000) },
  }),
  'local database wiped': (chance, atMs) => ({ kind: 'local database wiped', atMs, agent: chance.int(0, 9) }),
  'disk image restored': (chance, atMs) => ({
    ...{ kind: 'disk image restored', atMs, agent: chance.int(0, 9), takenAtMs: Math.max(0, atMs - chance.int(1_000, 120_000)) },
    localDatabase: chance.pick(['kept', 'restored', 'lost'] as const),
  }),
  'computer cloned': (chance, atMs) => ({ kind: 'computer cloned', atMs, agent: chance.int(0, 9) }),
  'hub restored': (chance, atMs) => ({
    ...{ kind: 'hub restored', atMs, takenAtMs: Math.max(1, atMs - chance.int(1_000, 150_000)) },
    declaredAfterMs: chance.pick([0, 0, 5_000, 60_000]),
  }),
  'ERP mood': (chance, atMs) => ({
    ...{ kind: 'ERP mood', atMs, mood: chance.pick(['slow', 'silent', 'away', 'failing'] as const), forMs: chance.int(5_000, 120_000) },
  }),
  'settings changed': (chance, atMs) => ({
    ...{ kind: 'settings changed', atMs, store: chance.int(0, 9), name: `Store renamed ${chance.int(1, 99)}` },
  }),
  'poison record': (chance, atMs) => ({ kind: 'poison record', atMs, agent: chance.int(0, 9) }),
  'poison document': (chance, atMs) => ({
    ...{ kind: 'poison document', atMs, store: chance.int(0, 9), feed: chance.pick(['items', 'prices', 'assortment'] as const) },
  }),
  'protocol 2': (chance, atMs) => ({
    ...{ kind: 'protocol 2', atMs, side: chance.pick(['hub', 'agents'] as const), forMs: chance.int(10_000, 120_000) },
  }),
}

export const faultKinds = Object.keys(makers) as FaultKind[]

export const drawFaults = (chance: Chance, lengthMs: number, kinds: readonly FaultKind[] = faultKinds): Fault[] =>
  Array.from({ length: chance.int(1, 10) }, () => makers[chance.pick(kinds)](chance, chance.int(1_000, lengthMs))).sort(
    (a, b) => a.atMs - b.atMs,
  )

/** When nothing of it goes on by itself any more. */
export const endOf = (fault: Fault): number => {
  const { forMs = 0, downMs = 0, declaredAfterMs = 0 } = fault as { forMs?: number; downMs?: number; declaredAfterMs?: number }
  return fault.atMs + Math.max(forMs, downMs, declaredAfterMs)
}
