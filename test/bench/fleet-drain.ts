/**
 * `fleet-drain`: 50 stores send 2,000 waiting sales of about 1 kB each, at once: terse batches of the real protocol into our hub,
 * plain rows into the simplest exactly-once hub on the same PostgreSQL (fsync on), and RxDB's own replication into that one. Each hub
 * is a process of its own; clients are bare, with batches made before.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { protocol } from '#sync/contract/protocol.ts'
import type { TidelineRecord } from '#sync/contract/record.ts'
import { type Batch, fillDevices, measureOurs, measureSimplest, terseBatchOf } from './bare-fleet.ts'
import type { Benchmark } from './benchmark.ts'
import { median } from './figures.ts'
import { requireLogged, withTwoHubs } from './two-hubs.ts'

const stores = 50
const salesEach = 2_000
const batchSize = 500
const rounds = 3
const floor = 0.7
/** RxDB takes a dozen collections in a process. */
const rxdbProcesses = 5

const batchesOf = (journal: readonly TidelineRecord[]): Batch[] =>
  Array.from({ length: Math.ceil(journal.length / batchSize) }, (_, n) => terseBatchOf(journal.slice(n * batchSize, (n + 1) * batchSize)))

const measureRxdb = async (url: string, round: number): Promise<number> => {
  const children = Array.from({ length: rxdbProcesses }, (_, n) =>
    spawn(process.execPath, ['test/bench/rxdb-stores.ts', url, `r${round}p${n}`, String(stores / rxdbProcesses), String(salesEach)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  const readers = children.map((child) => createInterface(child.stdout))
  const nextLine = (wanted: string) =>
    Promise.all(
      readers.map(async (reader) => {
        const [line] = (await once(reader, 'line')) as [string]
        if (line !== wanted) throw new Error(`a fleet on RxDB said ${line}`)
      }),
    )
  await nextLine('ready')
  const done = nextLine('done')
  const startedAt = performance.now()
  for (const child of children) child.stdin.write('go\n')
  await done
  return (stores * salesEach) / ((performance.now() - startedAt) / 1_000)
}

const run: Benchmark['run'] = (progress) =>
  withTwoHubs(async ({ db, hub, simplest }) => {
    const rates = { ours: [] as number[], simplest: [] as number[], rxdb: [] as number[] }
    // The first round warms all sides and does not count.
    for (let round = 0; round <= rounds; round++) {
      const devices = await fillDevices(db, stores, salesEach)
      const our = await measureOurs(hub, devices, protocol.version, batchesOf)
      const their = await measureSimplest(simplest, devices)
      const rxdb = await measureRxdb(simplest.url, round)
      const said = [`ours ${Math.round(our)}/s`, `simplest ${Math.round(their)}/s`, `RxDB into the simplest ${Math.round(rxdb)}/s`]
      progress(`${round === 0 ? 'warm-up' : `round ${round}`}: ${said.join(', ')}`)
      if (round === 0) continue
      rates.ours.push(our)
      rates.simplest.push(their)
      rates.rxdb.push(rxdb)
    }
    await requireLogged(db, stores * salesEach * (rounds + 1))
    const [ours, theirs, rxdb] = [median(rates.ours), median(rates.simplest), median(rates.rxdb)]
    return {
      name: 'fleet-drain',
      ratio: ours / theirs,
      floor,
      alsoMissed: ours <= rxdb,
      oursPerSecond: Math.round(ours),
      simplestPerSecond: Math.round(theirs),
      rxdbPerSecond: Math.round(rxdb),
      ...{ stores, salesEach, rounds },
    }
  })

export const fleetDrain: Benchmark = {
  name: 'fleet-drain',
  compares:
    'sales a second from 50 stores at once in terse batches, against the simplest exactly-once hub, and against RxDB’s own replication into it',
  run,
}
