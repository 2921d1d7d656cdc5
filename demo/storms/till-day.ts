/** Tills that sell on the business day they are told, one sale after the other, each repeated until the agent's PC answered. */
import { setTimeout as delay } from 'node:timers/promises'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import { postClose, ringIntoZ, zBodies } from '../day-end.ts'
import { readShelf } from '../plu-file.ts'
import { seededRandom } from '../seeded-random.ts'
import { ringUp } from '../till-sale.ts'
import { overHttp, type Till, untilItWorks } from '../tills.ts'
import type { BackOffice } from './back-office.ts'

/** Its numbers go on from day to day, as those of most tills do. */
export interface StormTill extends Till {
  random: () => number
}

export const createTill = (storeId: string, workstationId: string, seed: number): StormTill => ({
  identity: { storeId, workstationId, currency: 'EUR', operatorId: '1' },
  ...{ sold: [], zReports: new Map(), soldMilli: new Map(), repeated: 0, trouble: undefined },
  random: seededRandom(seed),
})

const repeatChance = 1 / 10

export interface SellingPace {
  sales: number
  pauseMs: number
}

/** What counts as sold was answered "captured". */
export const sell = async (till: StormTill, pc: BackOffice, day: Date, { sales, pauseMs }: SellingPace): Promise<void> => {
  const handOver = overHttp(() => pc.agent())
  for (let sale = 0; sale < sales; sale += 1) {
    const shelf = await untilItWorks(till, () => readShelf(pc.folders.plu))
    const transaction = ringUp(till.random, till.identity, till.sold.length + 1, day, shelf)
    await untilItWorks(till, () => handOver(transaction))
    till.sold.push({ key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor })
    ringIntoZ(till.zReports, transaction)
    if (till.random() < repeatChance) {
      await untilItWorks(till, () => handOver(transaction))
      till.repeated += 1
    }
    if (pauseMs > 0) await delay(pauseMs)
  }
}

export const businessDayOf = (day: Date): string => day.toISOString().slice(0, 10)

/** The tills send their Z reports, and the agent closes the day. */
export const closeDay = (tills: readonly StormTill[], pc: BackOffice, day: Date): Promise<void> =>
  postClose(
    pc.agent(),
    tills.flatMap((till) => zBodies(till.identity.workstationId, till.zReports, businessDayOf(day))),
  )
