/** Who plays: the centre, two stores with two tills each, and the line of the first. Started in order, stopped in reverse. */
import { join } from 'node:path'
import { buildAgent } from '../../scripts/build.ts'
import { openDisplay } from '../../scripts/display.ts'
import { electronExecutable } from '../../scripts/electron-runtime.ts'
import { ensureSystem } from '../../scripts/system.ts'
import { readShelf } from '../plu-file.ts'
import { type BackOffice, createBackOffice } from './back-office.ts'
import { type Centre, openCentre } from './centre.ts'
import { openLine, type Line } from './line.ts'
import { setOpeningPrices } from './prices.ts'
import type { Teller } from './teller.ts'
import { createTill, type SellingPace, type StormTill } from './till-day.ts'
import { becomesTrue } from './until.ts'

export interface StormStore {
  storeId: string
  name: string
  pc: BackOffice
  tills: [StormTill, StormTill]
}

export interface Cast {
  dir: string
  centre: Centre
  /** Between the first store and the hub. */
  line: Line
  first: StormStore
  second: StormStore
  teller: Teller
  pace: SellingPace
  /** The moment, so many days before the story's last day. */
  daysAgo(days: number): Date
  /** Switches a PC on, and off again at the end. */
  switchOn(pc: BackOffice): Promise<void>
}

export interface StormSetup {
  dir: string
  pace: SellingPace
  seed: number
  teller: Teller
}

const dayMs = 24 * 3_600_000
const timeZone = 'Europe/Stockholm'

export const allTills = ({ first, second }: Pick<Cast, 'first' | 'second'>): StormTill[] => [...first.tills, ...second.tills]

/** Left alone a store asks again within a minute, a refused one within five. In compressed time its manager presses “Sync now”. */
export const askAtOnce = async ({ pace }: Pick<Cast, 'pace'>, stores: readonly StormStore[]): Promise<void> => {
  if (pace.pauseMs === 0) for (const { pc } of stores) await pc.syncNow()
}

export const withCast = async <Told>({ dir, pace, seed, teller }: StormSetup, play: (cast: Cast) => Promise<Told>): Promise<Told> => {
  const system = await ensureSystem(process.env['DISPLAY'] ? ['electron'] : ['electron', 'xvfb'])
  if (system.kind === 'missing') throw new Error(system.hint)
  await electronExecutable()
  await buildAgent()
  const startedMs = Date.now()
  const stops: (() => Promise<void>)[] = []
  try {
    const centre = await openCentre(dir)
    stops.push(centre.stop)
    const line = await openLine(centre.hubPort)
    stops.push(line.close)
    const display = await openDisplay()
    stops.push(display.stop)
    const openStore = async (storeId: string, name: string, hubUrl: string, offset: number): Promise<StormStore> => {
      const enrolmentCode = await centre.openStore({ storeId, name, currency: 'EUR', timeZone })
      const pc = await createBackOffice(name, { dir: join(dir, storeId), hubUrl, enrolmentCode, display: display.env })
      return { storeId, name, pc, tills: [createTill(storeId, 'T1', seed + offset), createTill(storeId, 'T2', seed + offset + 1)] }
    }
    const first = await openStore('S001', 'Store A', line.url, 10)
    const second = await openStore('S002', 'Store B', centre.hubUrl, 20)
    const opened = new Date(startedMs - 30 * dayMs)
    if (!(await becomesTrue(() => setOpeningPrices(centre, [first.storeId, second.storeId], opened))))
      throw new Error('the hub took no prices from the ERP; see hub.log')
    const switchOn = async (pc: BackOffice): Promise<void> => {
      await pc.start()
      stops.push(() => pc.stop())
    }
    for (const { pc } of [first, second]) {
      await switchOn(pc)
      if (!(await becomesTrue(async () => (await readShelf(pc.folders.plu)).length > 0)))
        throw new Error(`no items reached ${pc.name}; see ${pc.folders.log}`)
    }
    const daysAgo = (days: number): Date => new Date(startedMs - days * dayMs)
    return await play({ dir, centre, line, first, second, teller, pace, daysAgo, switchOn })
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}
