/**
 * The stand-in's books: items with a modification counter, sales documents in two steps. Every change is one line of an
 * append file, on disk before it is answered; a torn last line, the mark of a kill, is cut off at the next start.
 */
import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { seedCurrency, seedItems, seedTaxCode } from './seed-items.ts'

const itemSchema = z.object({
  id: z.string(),
  name: z.string(),
  barcodes: z.array(z.string()),
  unit: z.string(),
  price: z.string(),
  currency: z.string(),
  taxCode: z.string(),
  taxRate: z.string(),
  sellable: z.boolean(),
})
export type LedgerItem = z.infer<typeof itemSchema>

const documentSchema = z.object({
  id: z.string(),
  number: z.string(),
  /** The caller's own; nothing keeps two documents from having the same one. */
  reference: z.string(),
  state: z.enum(['draft', 'confirmed']),
  store: z.string(),
  businessDay: z.string(),
  currency: z.string(),
  total: z.string(),
  lines: z.array(z.object({ item: z.string(), quantity: z.string(), amount: z.string() })),
})
export type LedgerDocument = z.infer<typeof documentSchema>

const entrySchema = z.discriminatedUnion('entry', [
  z.object({ entry: z.literal('item'), item: itemSchema }),
  z.object({ entry: z.literal('document'), document: documentSchema }),
  z.object({ entry: z.literal('confirmed'), id: z.string() }),
  z.object({ entry: z.literal('stock'), store: z.string(), item: z.string(), milli: z.int() }),
  z.object({ entry: z.literal('closed-through'), day: z.string().nullable() }),
])
type Entry = z.infer<typeof entrySchema>

export interface Ledger {
  itemsAfter(modification: number): { modification: number; item: LedgerItem }[]
  item(idOrBarcode: string): LedgerItem | undefined
  documents(): LedgerDocument[]
  documentsOf(reference: string): LedgerDocument[]
  document(id: string): LedgerDocument | undefined
  closedThrough(): string | null
  /** What was booked into each store besides its sales: thousandths by store and item. */
  stockIn(): ReadonlyMap<string, ReadonlyMap<string, number>>
  addStock(store: string, item: string, milli: number): void
  writeItem(item: LedgerItem): void
  create(document: Omit<LedgerDocument, 'id' | 'number' | 'state'>): LedgerDocument
  confirm(id: string): void
  closeThrough(day: string | null): void
  close(): void
}

const seedEntries = (): Entry[] =>
  seedItems.map((seed) => ({
    entry: 'item',
    item: {
      id: seed.id,
      name: seed.name,
      barcodes: [seed.barcode],
      unit: seed.unit,
      price: `${Math.floor(seed.priceMinor / 100)}.${String(seed.priceMinor % 100).padStart(2, '0')}`,
      currency: seedCurrency,
      taxCode: seedTaxCode,
      taxRate: '0.25',
      sellable: true,
    },
  }))

/** Whole lines only. */
const readEntries = (path: string): Entry[] => {
  if (!existsSync(path)) return []
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  if (end < bytes.length) truncateSync(path, end)
  return bytes
    .toString('utf8', 0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => entrySchema.parse(JSON.parse(line)))
}

export const openLedger = (dataDir: string): Ledger => {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, 'ledger.jsonl')
  const items = new Map<string, { modification: number; item: LedgerItem }>()
  const documents = new Map<string, LedgerDocument>()
  const byReference = new Map<string, LedgerDocument[]>()
  let modification = 0
  const stock = new Map<string, Map<string, number>>()
  let closed: string | null = null

  const apply = (entry: Entry): void => {
    switch (entry.entry) {
      case 'item':
        items.set(entry.item.id, { modification: ++modification, item: entry.item })
        return
      case 'document':
        documents.set(entry.document.id, entry.document)
        byReference.set(entry.document.reference, [...(byReference.get(entry.document.reference) ?? []), entry.document])
        return
      case 'confirmed': {
        const document = documents.get(entry.id)
        if (document) document.state = 'confirmed'
        return
      }
      case 'stock': {
        const own = stock.get(entry.store) ?? new Map<string, number>()
        stock.set(entry.store, own.set(entry.item, (own.get(entry.item) ?? 0) + entry.milli))
        return
      }
      case 'closed-through':
        closed = entry.day
    }
  }

  const known = readEntries(path)
  for (const entry of known) apply(entry)
  const file = openSync(path, 'a')
  const commit = (...entries: Entry[]): void => {
    writeSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    fdatasyncSync(file)
    for (const entry of entries) apply(entry)
  }
  if (known.length === 0) commit(...seedEntries())

  return {
    itemsAfter: (after) =>
      [...items.values()].filter((known) => known.modification > after).sort((a, b) => a.modification - b.modification),
    item: (idOrBarcode) =>
      items.get(idOrBarcode)?.item ?? [...items.values()].find(({ item }) => item.barcodes.includes(idOrBarcode))?.item,
    documents: () => [...documents.values()],
    documentsOf: (reference) => byReference.get(reference) ?? [],
    document: (id) => documents.get(id),
    closedThrough: () => closed,
    stockIn: () => stock,
    addStock: (store, item, milli) => commit({ entry: 'stock', store, item, milli }),
    writeItem: (item) => commit({ entry: 'item', item }),
    create(draft) {
      const number = documents.size + 1
      const document: LedgerDocument = { ...draft, id: `d${number}`, number: `R${String(number).padStart(6, '0')}`, state: 'draft' }
      commit({ entry: 'document', document })
      return document
    },
    confirm(id) {
      if (documents.get(id)?.state === 'draft') commit({ entry: 'confirmed', id })
    },
    closeThrough: (day) => commit({ entry: 'closed-through', day }),
    close: () => closeSync(file),
  }
}
