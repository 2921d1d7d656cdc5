/**
 * A till: it rings up sales on its own numbers, keeps each until its agent has answered, and asks again when no answer came. What it was
 * answered must never be lost.
 */
import { includedTax, ringUp } from '#demo/till-sale.ts'
import { canonicalText, naturalKeyOf, type Transaction } from '#sync/contract/transaction.ts'
import type { Agent } from './agent.ts'
import type { Chance } from './chance.ts'
import { shelf } from './erp.ts'
import type { Scheduler } from './scheduler.ts'
import { createSender, type Sender } from './sender.ts'
import type { Tally } from './tally.ts'

export interface TillParts {
  name: string
  storeId: string
  workstationId: string
  agent: Agent
  scheduler: Scheduler
  chance: Chance
  tally: Tally
  /** When it sells, ascending. */
  moments: readonly number[]
  startMs: number
}

/** The same number with another basket: a till that was set back. */
const altered = (sale: Transaction): Transaction => {
  const lineItems = sale.lineItems.slice(0, 1)
  const [line] = lineItems
  if (!line) return sale
  const grandMinor = line.amountMinor
  const taxMinor = includedTax(grandMinor, 250_000)
  return {
    ...sale,
    lineItems,
    operatorId: 'again',
    tenders: [{ lineNumber: 2, kind: 'cash', amountMinor: grandMinor, voided: false }],
    taxes: sale.taxes.slice(0, 1).map((tax) => ({ ...tax, taxableMinor: grandMinor - taxMinor, taxMinor })),
    totals: { netMinor: grandMinor - taxMinor, taxMinor, grandMinor },
  }
}

export const startTill = (parts: TillParts): Sender => {
  const { name, storeId, workstationId, scheduler, chance, tally, moments, startMs } = parts
  const sender = createSender({ ...parts, take: (agent, text) => agent.take(text) })
  let sequenceNumber = 0

  const send = (text: string, transaction: Transaction | null): void =>
    sender.send(text, { key: transaction && naturalKeyOf(transaction), content: transaction && canonicalText(transaction) })
  const sell = (): void => {
    sequenceNumber += 1
    const at = new Date(startMs + scheduler.nowMs())
    const sale = ringUp(chance.next, { storeId, workstationId, currency: 'EUR', operatorId: '7' }, sequenceNumber, at, shelf)
    send(JSON.stringify(sale), sale)
    if (chance.happens(0.06)) {
      tally.count('till sends twice')
      scheduler.after(chance.int(10, 20_000), `${name} sends again`, () => send(JSON.stringify(sale), sale))
    }
    if (chance.happens(0.04)) {
      tally.count('till reuses a number')
      const other = altered(sale)
      scheduler.after(chance.int(10, 20_000), `${name} reuses a number`, () => send(JSON.stringify(other), other))
    }
    if (chance.happens(0.04)) {
      tally.count('till sends what nobody understands')
      send(`{"receipt": "torn ${name} ${sequenceNumber}`, null)
    }
  }
  for (const atMs of moments) scheduler.after(atMs, `${name} sells`, sell)
  return sender
}
