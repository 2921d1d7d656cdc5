/**
 * Tills that keep selling. One posts JSON over HTTP and repeats a sale until it has an answer, as a real till must; the other
 * drops POSLog files into the watched folder. Now and then each repeats a sale that was answered, which must change nothing.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Transaction } from '#sync/contract/transaction.ts'
import { naturalKeyOf } from '#sync/contract/transaction.ts'
import type { AuditedSale } from './audit.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { ringIntoZ, type ZReports } from './day-end.ts'
import { ringUp, type ShelfItem, type TillIdentity } from './till-sale.ts'

export interface Till {
  identity: TillIdentity
  /** Sales handed over: answered over HTTP, or a complete file in the watched folder. */
  sold: AuditedSale[]
  zReports: ZReports
  /** Thousandths by item that went over the counter, returns taken off. */
  soldMilli: Map<string, number>
  repeated: number
  /** The last trouble in words, while there is one. */
  trouble: string | undefined
}

export interface TillSetup {
  identity: TillIdentity
  random: () => number
  everyMs: number
  /** What the till may sell now; read again before each sale. */
  shelf: () => Promise<ShelfItem[]>
  signal: AbortSignal
}

/** Hands one transaction over; resolves once the till may print the receipt. */
export type HandOver = (transaction: Transaction) => Promise<void>

const repeatChance = 1 / 20

export interface RunningTill {
  till: Till
  /** Resolves when the till has stopped. */
  done: Promise<void>
}

export const runTill = (setup: TillSetup, handOver: HandOver): RunningTill => {
  const till: Till = { identity: setup.identity, sold: [], zReports: new Map(), soldMilli: new Map(), repeated: 0, trouble: undefined }
  const sell = async (): Promise<void> => {
    for (let sequenceNumber = 1; !setup.signal.aborted; sequenceNumber += 1) {
      const shelf = await untilItWorks(till, setup.shelf)
      const transaction = ringUp(setup.random, setup.identity, sequenceNumber, new Date(), shelf)
      await untilItWorks(till, () => handOver(transaction))
      till.sold.push({ key: naturalKeyOf(transaction), grandMinor: transaction.totals.grandMinor })
      ringIntoZ(till.zReports, transaction)
      for (const { itemId, quantityMilli } of transaction.lineItems)
        if (itemId !== undefined) till.soldMilli.set(itemId, (till.soldMilli.get(itemId) ?? 0) + quantityMilli)
      if (setup.random() < repeatChance) {
        await untilItWorks(till, () => handOver(transaction))
        till.repeated += 1
      }
      await delay(setup.everyMs * (0.5 + setup.random()), undefined, { signal: setup.signal }).catch(() => undefined)
    }
  }
  return { till, done: sell() }
}

/** What a till does when it gets no answer: the same again. */
export const untilItWorks = async <T>(till: Pick<Till, 'trouble'>, act: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      const done = await act()
      till.trouble = undefined
      return done
    } catch (error) {
      till.trouble = error instanceof Error ? error.message : String(error)
      await delay(250)
    }
  }
}

/** 201 and 200 end a sale; a refusal is a fault of the demo; all else is tried again. */
export const overHttp =
  (endpoint: () => { url: string; token: string }): HandOver =>
  async (transaction) => {
    const { url, token } = endpoint()
    const response = await fetch(`${url}/v1/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(transaction),
      signal: AbortSignal.timeout(10_000),
    })
    const answer = await response.text()
    if (response.status !== 200 && response.status !== 201)
      throw new Error(`the agent answered ${response.status}: ${answer.slice(0, 200)}`)
  }

/** Writes under a name that the agent does not look at, then renames: the usual way of tills that export files. */
export const asPosLogFile = (folder: string): HandOver => {
  let written = 0
  return async (transaction) => {
    written += 1
    const name = `${transaction.workstationId}-${transaction.sequenceNumber}-${written}.xml`
    const partial = join(folder, `${name}.part`)
    await writeFile(partial, poslogDocument([transaction]))
    await rename(partial, join(folder, name))
  }
}
