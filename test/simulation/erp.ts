/**
 * The ERP: the reference ERP's own business rules on books in memory, behind the wire port of its connector. It can be late, lose
 * answers, refuse, or be away; what it was sent it may do all the same.
 */
import type { ErpConnector } from '#hub/posting/connector.ts'
import { createReferenceConnector } from '#hub/posting/connectors/reference/connector.ts'
import type { WireAnswer, WireCall } from '#hub/posting/connectors/wire.ts'
import {
  type Answer,
  changeItem,
  confirmDocument,
  createDocument,
  listDocuments,
  listItems,
  notFound,
} from '#demo/reference-erp/business.ts'
import type { Ledger, LedgerDocument, LedgerItem } from '#demo/reference-erp/ledger.ts'
import { seedCurrency, seedItems, seedTaxCode } from '#demo/reference-erp/seed-items.ts'
import type { Chance } from './chance.ts'
import type { Life } from './life.ts'
import type { Scheduler } from './scheduler.ts'
import type { Tally } from './tally.ts'

export type ErpMood = 'well' | 'slow' | 'silent' | 'away' | 'failing'

export interface Erp {
  mood: ErpMood
  connector(life: Life): ErpConnector
  changePrice(itemId: string, amountMinor: number): void
  documents(): LedgerDocument[]
}

const priceText = (minor: number): string => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`

const itemsForSale = 8

export const shelf = seedItems.slice(0, itemsForSale).map((seed) => ({
  ...{ itemId: seed.id, barcode: seed.barcode, name: seed.name, unit: 'each' as const, priceMinor: seed.priceMinor },
  ...{ taxCode: seedTaxCode, taxRateMicro: 250_000 },
}))

const memoryLedger = (): Ledger => {
  const items = new Map<string, { modification: number; item: LedgerItem }>()
  const documents: LedgerDocument[] = []
  let modification = 0
  const writeItem = (item: LedgerItem): void => void items.set(item.id, { modification: ++modification, item })
  for (const { id, name, barcode, unit, priceMinor } of seedItems.slice(0, itemsForSale))
    writeItem({
      ...{ id, name, barcodes: [barcode], unit, price: priceText(priceMinor), currency: seedCurrency },
      ...{ taxCode: seedTaxCode, taxRate: '0.25', sellable: true },
    })
  const document = (id: string): LedgerDocument | undefined => documents.find((one) => one.id === id)
  return {
    itemsAfter: (after) =>
      [...items.values()].filter((known) => known.modification > after).sort((a, b) => a.modification - b.modification),
    item: (idOrBarcode) =>
      items.get(idOrBarcode)?.item ?? [...items.values()].find(({ item }) => item.barcodes.includes(idOrBarcode))?.item,
    documents: () => documents,
    documentsOf: (reference) => documents.filter((one) => one.reference === reference),
    document,
    closedThrough: () => null,
    stockIn: () => new Map(),
    addStock: () => undefined,
    writeItem,
    create: (draft) => {
      const number = documents.length + 1
      const made: LedgerDocument = { ...draft, id: `d${number}`, number: `R${number}`, state: 'draft' }
      documents.push(made)
      return made
    },
    confirm: (id) => {
      const found = document(id)
      if (found) found.state = 'confirmed'
    },
    closeThrough: () => undefined,
    close: () => undefined,
  }
}

const perform = (ledger: Ledger, { method, url, body }: WireCall): Answer => {
  const { pathname, searchParams } = new URL(url)
  if (method === 'GET' && pathname === '/items') return listItems(ledger, Number(searchParams.get('modifiedAfter') ?? 0))
  if (method === 'GET' && pathname === '/documents') return listDocuments(ledger, searchParams.get('reference') ?? '')
  if (method === 'POST' && pathname === '/documents') return createDocument(ledger, JSON.parse(JSON.stringify(body)))
  const confirmed = /^\/documents\/(\w+)\/confirm$/.exec(pathname)?.[1]
  return confirmed === undefined ? notFound(pathname) : confirmDocument(ledger, confirmed)
}

/** Longer than any call is looked up after: what comes later than that can be doubled by no hub's fault (docs/decisions/0006). */
const atWorkMs = 2_500

export const createErp = (scheduler: Scheduler, chance: Chance, tally: Tally): Erp => {
  const ledger = memoryLedger()
  const answered = ({ status, body }: Answer): WireAnswer => ({ wire: 'answered', status, text: JSON.stringify(body) })
  const doIt = (call: WireCall): Answer => {
    scheduler.note(`ERP does ${call.method} ${call.url}`)
    return perform(ledger, call)
  }
  const after = (delayMs: number, what: string): Promise<void> =>
    new Promise((resolve) => void scheduler.after(delayMs, `ERP ${what}`, resolve))

  const callIn = async (mood: ErpMood, call: WireCall): Promise<WireAnswer> => {
    switch (mood) {
      case 'well':
        await after(chance.int(1, 40), 'answers')
        return answered(doIt(call))
      case 'slow': {
        tally.count('ERP answers late')
        await after(chance.int(200, 8_000), 'answers late')
        const answer = doIt(call)
        if (call.url.endsWith('/confirm') && chance.happens(0.5)) {
          tally.count('ERP is asked twice')
          doIt(call)
        }
        return answered(answer)
      }
      case 'silent': {
        const isDone = chance.happens(0.6)
        tally.count(isDone ? 'ERP does it and never answers' : 'ERP never hears it')
        // What still arrives does so soon, or a later look-up could not see it.
        if (isDone) void after(chance.int(1, atWorkMs), 'does it').then(() => doIt(call))
        await after(isDone ? chance.int(100, 1_000) : call.timeoutMs, 'is lost')
        return { wire: 'lost', message: 'no answer' }
      }
      case 'away':
        tally.count('ERP away')
        await after(5, 'is away')
        return { wire: 'unsent', message: 'ECONNREFUSED' }
      case 'failing':
        tally.count('ERP fails')
        await after(chance.int(1, 200), 'fails')
        return { wire: 'answered', status: 503, text: '{"error":"BUSY","message":"busy"}', retryAfterMs: 1_000 }
    }
  }
  const erp: Erp = {
    mood: 'well',
    connector: (life) =>
      createReferenceConnector(
        { url: 'http://erp', user: 'hub', password: 'hub', database: 'books' },
        {
          call: (call) => {
            const mood = erp.mood === 'well' || chance.happens(0.3) ? 'well' : erp.mood
            const answer = callIn(mood, call)
            return new Promise((resolve) => void answer.then((one) => life.isAlive() && resolve(one)))
          },
        },
      ),
    changePrice: (itemId, amountMinor) => void changeItem(ledger, itemId, { price: priceText(amountMinor) }),
    documents: () => ledger.documents(),
  }
  return erp
}
