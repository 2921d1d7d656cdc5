/** One run of the fleet: connect, sell, perhaps lose the hub, close the tills, and prove what arrived. */
import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '#hub/storage/database.ts'
import { percentile } from '../bench/figures.ts'
import { enrolFleet } from './enrol-fleet.ts'
import { type FleetHub, startFleetHub } from './fleet-hub.ts'
import { type Fleet, type FleetStatus, startFleet } from './fleet.ts'
import { proveLog } from './log-proof.ts'
import { fileLimitObjection } from './open-files.ts'
import type { FleetRunOptions } from './options.ts'
import { createProgressLine } from './progress-line.ts'

const lookEveryMs = 250

type Print = (line: string) => void
type Stops = (() => Promise<unknown>)[]

interface Run {
  hubUrl: string
  databaseUrl: string
  /** Null when the hub is another's. */
  own: FleetHub | null
}

const openHub = async (given: FleetRunOptions['given'], stops: Stops): Promise<Run> => {
  if (given) return { ...given, own: null }
  const own = await startFleetHub()
  stops.push(() => own.stop())
  return { hubUrl: own.url, databaseUrl: own.databaseUrl, own }
}

const sellFor = async (fleet: Fleet, seconds: number): Promise<void> => {
  for (const end = performance.now() + seconds * 1_000; performance.now() < end;) {
    await delay(lookEveryMs)
    await fleet.look()
  }
}

/** Seconds since `startedAt` until all are connected, a tenth precise. */
const untilAll = async (fleet: Fleet, stores: number, startedAt: number): Promise<number> => {
  await fleet.until(({ connected }: FleetStatus) => connected === stores, 'all are connected')
  return Math.round((performance.now() - startedAt) / 100) / 10
}

/** Half of the time before the hub is killed, where it is. */
const sellThrough = async ({ own }: Run, fleet: Fleet, options: FleetRunOptions, print: Print): Promise<number | null> => {
  await fleet.sell(options.salesPerMinute)
  if (!own || !options.restart) return sellFor(fleet, options.seconds).then(() => null)
  await sellFor(fleet, options.seconds / 2)
  print('the hub is killed')
  const killedAt = performance.now()
  await own.restart()
  const secondsUntilBack = await untilAll(fleet, options.stores, killedAt)
  print(`all are back ${secondsUntilBack} s after the kill`)
  await sellFor(fleet, options.seconds / 2)
  return secondsUntilBack
}

const runOn = async (run: Run, options: FleetRunOptions, print: Print, stops: Stops) => {
  const { stores, seed } = options
  const db = openDatabase(run.databaseUrl)
  stops.push(() => db.destroy())
  const enrolled = await enrolFleet(db, stores)
  print(`${stores} stores are enrolled at ${run.hubUrl}`)
  const line = createProgressLine(stores, print)
  const startedAt = performance.now()
  const fleet = await startFleet({ hubUrl: run.hubUrl, stores: enrolled, seed, onLook: line.look })
  stops.push(() => fleet.stop())
  const secondsUntilConnected = await untilAll(fleet, stores, startedAt)
  print(`all are connected after ${secondsUntilConnected} s`)
  const secondsUntilBack = await sellThrough(run, fleet, options, print)
  await fleet.sell(0)
  const { captured, acknowledged, toldToWait } = await fleet.until((now) => now.acknowledged === now.captured, 'all is acknowledged')
  const { records, findings } = await proveLog(db, await fleet.journals())
  print(`${records} records of ${stores} journals are in the log; ${findings.length} journals are not in it once`)
  return {
    ...{ stores, seed, captured, acknowledged, inLog: records, toldToWait, secondsUntilConnected, secondsUntilBack },
    ...{ p50Ms: percentile(line.allTookMs(), 0.5), p99Ms: percentile(line.allTookMs(), 0.99), findings },
  }
}

export const runFleet = async (options: FleetRunOptions, print: Print) => {
  const objection = fileLimitObjection(options.stores)
  if (objection) throw new Error(objection)
  const stops: Stops = []
  try {
    return await runOn(await openHub(options.given, stops), options, print, stops)
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}
