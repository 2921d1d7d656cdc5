/** A store's stock clerk: counts, receives and writes off, hands a paper over twice now and then, or two papers under one number. */
import { type StockDocument, stockDocumentSchema } from '#sync/contract/stock-document.ts'
import type { Agent } from './agent.ts'
import type { Chance } from './chance.ts'
import { shelf } from './erp.ts'
import type { Scheduler } from './scheduler.ts'
import { createSender, type Sender } from './sender.ts'
import type { Tally } from './tally.ts'

export interface ClerkParts {
  name: string
  storeId: string
  agent: Agent
  scheduler: Scheduler
  chance: Chance
  tally: Tally
  moments: readonly number[]
  startMs: number
}

const kinds = ['count', 'count', 'receipt', 'adjustment'] as const

export const startClerk = (parts: ClerkParts): Sender => {
  const { name, storeId, scheduler, chance, tally, moments, startMs } = parts
  const sender = createSender({ ...parts, take: (agent, text) => agent.takeStock(text) })
  let papers = 0

  const send = (document: StockDocument): void => {
    const text = JSON.stringify(document)
    sender.send(text, { key: document.documentId, content: text })
  }
  const draw = (documentId: string): StockDocument => {
    const documentKind = chance.pick(kinds)
    const at = new Date(startMs + scheduler.nowMs()).toISOString().slice(0, 19)
    const lines = Array.from({ length: chance.int(1, 3) }, (_, index) => ({
      ...{ lineNumber: index + 1, itemId: chance.pick(shelf).itemId, unit: 'each' },
      quantityMilli: chance.int(documentKind === 'adjustment' ? -3 : 0, 20) * 1_000,
    }))
    return stockDocumentSchema.parse({ documentId, documentKind, storeId, businessDay: at.slice(0, 10), at, lines })
  }
  const work = (): void => {
    const document = draw(`${name} ${(papers += 1)}`)
    tally.count(`clerk hands over: ${document.documentKind}`)
    send(document)
    if (chance.happens(0.1)) {
      tally.count('clerk hands a paper over twice')
      scheduler.after(chance.int(10, 20_000), `${name} hands it over again`, () => send(document))
    }
    if (chance.happens(0.08)) {
      tally.count('clerk reuses a number')
      scheduler.after(chance.int(10, 20_000), `${name} reuses a number`, () => send(draw(document.documentId)))
    }
  }
  for (const atMs of moments) scheduler.after(atMs, `${name} works`, work)
  return sender
}
