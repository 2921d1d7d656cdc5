/**
 * `connect`: 5,000 stores' agents on one hub process. What the hub's memory grows by for each store that is connected, how long it
 * takes until all are connected first, and until all are back after `kill -9` of the hub, while their tills sell on; against the time
 * that letting them in at the hub's rate takes at least. Reported: there is no bound, but each sale must be in the log once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { usualAdmission } from '#hub/gateway/session-context.ts'
import { openDatabase } from '#hub/storage/database.ts'
import { enrolFleet } from '../fleet/enrol-fleet.ts'
import { type FleetHub, startFleetHub } from '../fleet/fleet-hub.ts'
import { type Fleet, startFleet } from '../fleet/fleet.ts'
import { countHellosAt } from '../fleet/hub-counts.ts'
import { proveLog } from '../fleet/log-proof.ts'
import { fileLimitObjection } from '../fleet/open-files.ts'
import type { Benchmark } from './benchmark.ts'
import { percentile, rounded } from './figures.ts'

const stores = Number(process.env['TIDELINE_BENCH_STORES'] ?? 5_000)
/** Of each store: 42 a second for all of them. */
const salesPerMinute = 0.5
const steadyMs = 15_000
/** What a greeting leaves for the garbage collector should be gone. */
const settleMs = 10_000

const seconds = (startedAt: number): number => rounded((performance.now() - startedAt) / 1_000)

/** Seconds since `startedAt` until half, 99 in a hundred, and all are connected. */
const untilConnected = async (fleet: Fleet, startedAt: number): Promise<Record<'half' | 'most' | 'all', number>> => {
  const share = async (part: number): Promise<number> => {
    await fleet.until(({ connected }) => connected >= stores * part, `${part * 100} % are connected`)
    return seconds(startedAt)
  }
  return { half: await share(0.5), most: await share(0.99), all: await share(1) }
}

const connectFirst = async (hub: FleetHub, fleet: Fleet, startedAt: number, before: number, progress: (line: string) => void) => {
  const connectedAfter = await untilConnected(fleet, startedAt)
  const firstProcessor = await hub.processorSeconds()
  await delay(settleMs)
  const after = (await hub.residentBytes()) ?? Number.NaN
  const bytesPerStore = Math.round((after - before) / stores)
  progress(`all connected after ${connectedAfter.all} s, ${Math.round(bytesPerStore / 1_024)} kB of the hub's memory each`)
  return { connectedAfter, firstProcessor, bytesPerStore, residentMb: Math.round(after / 1_048_576) }
}

const comeBack = async (hub: FleetHub, fleet: Fleet, progress: (line: string) => void) => {
  const [killedAt, before] = [performance.now(), await fleet.look()]
  fleet.takeMostHellos()
  await hub.restart()
  const readySeconds = seconds(killedAt)
  const backAfter = await untilConnected(fleet, killedAt)
  const backProcessor = await hub.processorSeconds()
  const after = await fleet.look()
  const mostHellosSent = fleet.takeMostHellos()
  progress(`all back ${backAfter.all} s after the kill (the hub was ready after ${readySeconds} s)`)
  return {
    ...{ readySeconds, backAfter, backProcessor, mostHellosSent },
    ...{ toldToWait: after.toldToWait - before.toldToWait, soldMeanwhile: after.captured - before.captured, downs: after.downs },
  }
}

const measure = async (progress: (line: string) => void, stops: (() => Promise<unknown>)[]) => {
  const hub = await startFleetHub()
  stops.push(() => hub.stop())
  const db = openDatabase(hub.databaseUrl)
  stops.push(() => db.destroy())
  const enrolAt = performance.now()
  const enrolled = await enrolFleet(db, stores)
  progress(`${stores} stores enrolled in ${seconds(enrolAt)} s`)
  const before = (await hub.residentBytes()) ?? Number.NaN
  const counts = countHellosAt(hub.url)
  stops.push(() => counts.stop())
  const startedAt = performance.now()
  const fleet = await startFleet({ hubUrl: hub.url, stores: enrolled })
  stops.push(() => fleet.stop())
  const first = await connectFirst(hub, fleet, startedAt, before, progress)
  const mostFirst = fleet.takeMostHellos()
  await fleet.sell(salesPerMinute)
  await delay(steadyMs)
  const steady = (await fleet.look()).tookMs
  const back = await comeBack(hub, fleet, progress)
  await fleet.sell(0)
  const { captured } = await fleet.until((status) => status.acknowledged === status.captured, 'all is acknowledged')
  const proof = await proveLog(db, await fleet.journals())
  for (const finding of proof.findings.slice(0, 10)) progress(finding)
  return { first, mostFirst, steady, back, most: counts.most(), captured, proof }
}

const run: Benchmark['run'] = async (progress) => {
  const objection = fileLimitObjection(stores)
  if (objection) throw new Error(objection)
  const stops: (() => Promise<unknown>)[] = []
  try {
    const { first, mostFirst, steady, back, most, captured, proof } = await measure(progress, stops)
    const evenSeconds = stores / usualAdmission.perSecond
    return {
      name: 'connect',
      ratio: back.backAfter.all / evenSeconds,
      alsoMissed: proof.findings.length > 0,
      stores,
      ...{ bytesPerStore: first.bytesPerStore, hubResidentMb: first.residentMb },
      ...{ secondsUntilConnected: first.connectedAfter, secondsUntilBack: back.backAfter, secondsUntilHubReady: back.readySeconds },
      secondsAtRate: rounded(evenSeconds),
      ...{ mostHellosSentInASecondAtFirst: mostFirst, mostHellosSentInASecondBack: back.mostHellosSent },
      ...{ mostHellosAtHubInASecond: most.hellos, mostAdmittedInASecond: most.admitted, toldToWaitBack: back.toldToWait },
      ...{ hubProcessorSecondsFirst: first.firstProcessor, hubProcessorSecondsBack: back.backProcessor },
      ...{ p50MsAcknowledged: percentile(steady, 0.5), p99MsAcknowledged: percentile(steady, 0.99), soldWhileAway: back.soldMeanwhile },
      ...{
        captured,
        inLogOnce: proof.findings.length === 0 ? proof.records : 0,
        storesNotProven: proof.findings.length,
        downs: back.downs,
      },
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

export const connect: Benchmark = {
  name: 'connect',
  compares:
    `${stores} agents on one hub: the time until all are back after kill -9 of the hub, against what letting them in takes at its rate; ` +
    'and its memory for each of them',
  run,
}
