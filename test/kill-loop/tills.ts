/**
 * Tills that sell without pause over kept-alive connections, in JSON or POSLog. A sale without an answer is sent again unchanged
 * until it has one; an answered sale is never sent again.
 */
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '#demo/seeded-random.ts'
import { ringUp, type ShelfItem } from '#demo/till-sale.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import { poslogDocument } from '#test/fixtures/poslog-text.ts'
import { store } from '#test/shell/views.ts'
import type { SalesLedger } from './sales-ledger.ts'

export type TillFormat = 'json' | 'poslog'

export interface SellingTill {
  /** Sales sent more than once, and how many of them the journal had by then: only their answer was lost. */
  readonly repeated: number
  readonly hadAlready: number
  /** Ends after the sale that is under way is answered. */
  stop(): void
  /** Ends with that sale unanswered. */
  abandon(): void
  done: Promise<void>
}

const shelf: readonly ShelfItem[] = ['Milk', 'Rye bread', 'Coffee', 'Apples'].map((name, index) => ({
  itemId: `ITEM-${index + 1}`,
  barcode: `400000000000${index}`,
  name,
  unit: name === 'Apples' ? 'kilogram' : 'each',
  priceMinor: 129 + 250 * index,
  taxCode: 'A',
  taxRateMicro: 70_000,
}))
const soldAt = new Date('2026-03-02T10:15:00Z')

/** The sales of one till, in order, the same for the same seed. */
export const salesOf = (workstationId: string, seed: number): (() => Transaction) => {
  const random = seededRandom(seed)
  const till = { storeId: store.storeId, workstationId, currency: store.currency, operatorId: '7' }
  let sequenceNumber = 0
  return () => ringUp(random, till, (sequenceNumber += 1), soldAt, shelf)
}

const formats = {
  json: { type: 'application/json', write: (transaction: Transaction) => JSON.stringify(transaction) },
  poslog: { type: 'application/xml', write: (transaction: Transaction) => poslogDocument([transaction]) },
}

export interface TillDoor {
  port: number
  token: string
}

interface TillAnswer {
  status: number
  text: string
}

const answerWithinMs = 10_000

/** Null where no whole answer came. */
const post = (door: TillDoor, agent: Agent, type: string, body: string): Promise<TillAnswer | null> =>
  new Promise((resolve) => {
    const headers = { authorization: `Bearer ${door.token}`, 'content-type': type, 'content-length': Buffer.byteLength(body) }
    const sent = request(
      { host: '127.0.0.1', port: door.port, path: '/v1/transactions', method: 'POST', agent, headers, timeout: answerWithinMs },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', () => resolve(null))
        response.on('close', () => resolve(response.complete ? { status: response.statusCode ?? 0, text } : null))
      },
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(null))
    sent.end(body)
  })

const pauseMs = 10

export const runTill = (door: TillDoor, ledger: SalesLedger, format: TillFormat, workstationId: string, seed: number): SellingTill => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const nextSale = salesOf(workstationId, seed)
  const { type, write } = formats[format]
  let stopped = false
  let abandoned = false
  let repeated = 0
  let hadAlready = 0

  const sell = async (transaction: Transaction): Promise<void> => {
    const body = write(transaction)
    ledger.offer(transaction)
    for (let attempt = 1; !abandoned; attempt += 1) {
      const answer = await post(door, agent, type, body)
      if (attempt === 2) repeated += 1
      if (answer?.status === 200) hadAlready += 1
      if (answer?.status === 201 || answer?.status === 200) return ledger.answer(transaction)
      if (answer && answer.status !== 503) throw new Error(`${workstationId} was answered ${answer.status}: ${answer.text.slice(0, 300)}`)
      await delay(pauseMs)
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped && !abandoned) await sell(nextSale())
    agent.destroy()
  }
  return {
    get repeated() {
      return repeated
    },
    get hadAlready() {
      return hadAlready
    },
    stop: () => void (stopped = true),
    abandon: () => void (abandoned = true),
    done: run(),
  }
}
