/** What the stand-in does with a request once it is let in: its business rules, without HTTP. */
import { z } from 'zod'
import { amountText, parseAmount, parseQuantity, quantityText } from './amounts.ts'
import type { Ledger, LedgerDocument } from './ledger.ts'

export interface Answer {
  status: number
  body: unknown
}

const refuse = (status: number, error: string, message: string): Answer => ({ status, body: { error, message } })
export const notFound = (what: string): Answer => refuse(404, 'NOT_FOUND', `There is no ${what}.`)

const draftSchema = z.object({
  reference: z.string().min(1).max(200),
  store: z.string().min(1).max(32),
  businessDay: z.iso.date(),
  currency: z.string(),
  lines: z.array(
    z.object({
      item: z.string().nullable(),
      barcode: z.string().nullable(),
      quantity: z.string().regex(/^-?\d{1,9}\.\d{3}$/),
      amount: z.string(),
    }),
  ),
  addedTax: z.string(),
  rounding: z.string(),
})

const pageSize = 500

export const listItems = (ledger: Ledger, after: number): Answer => {
  const found = ledger.itemsAfter(after)
  const page = found.slice(0, pageSize)
  return {
    status: 200,
    body: { items: page.map(({ item }) => item), next: page.at(-1)?.modification ?? after, more: found.length > page.length },
  }
}

const brief = ({ id, number, reference, state, currency, total }: LedgerDocument) => ({ id, number, reference, state, currency, total })

export const listDocuments = (ledger: Ledger, reference: string): Answer => ({
  status: 200,
  body: { documents: ledger.documentsOf(reference).map(brief) },
})

export const createDocument = (ledger: Ledger, body: unknown): Answer => {
  const parsed = draftSchema.safeParse(body)
  if (!parsed.success) return refuse(400, 'INVALID', z.prettifyError(parsed.error))
  const draft = parsed.data
  const closed = ledger.closedThrough()
  if (closed !== null && draft.businessDay <= closed)
    return refuse(422, 'PERIOD_CLOSED', `The books are closed through ${closed}; ${draft.businessDay} cannot be posted.`)
  const lines: LedgerDocument['lines'] = []
  let total = 0n
  for (const line of draft.lines) {
    const item =
      (line.item === null ? undefined : ledger.item(line.item)) ?? (line.barcode === null ? undefined : ledger.item(line.barcode))
    if (!item) return refuse(422, 'UNKNOWN_ITEM', `There is no item ${line.item ?? line.barcode ?? 'without number'}.`)
    if (item.currency !== draft.currency) return refuse(422, 'WRONG_CURRENCY', `The books are kept in ${item.currency}.`)
    const amount = parseAmount(line.amount)
    if (amount === null) return refuse(400, 'INVALID', `${line.amount} is no amount.`)
    total += amount
    lines.push({ item: item.id, quantity: line.quantity, amount: line.amount })
  }
  const extras = [parseAmount(draft.addedTax), parseAmount(draft.rounding)]
  if (extras.some((extra) => extra === null)) return refuse(400, 'INVALID', 'addedTax and rounding must be amounts.')
  total += extras.reduce<bigint>((sum, extra) => sum + (extra ?? 0n), 0n)
  const { reference, store, businessDay, currency } = draft
  return { status: 201, body: brief(ledger.create({ reference, store, businessDay, currency, total: amountText(total), lines })) }
}

export const confirmDocument = (ledger: Ledger, id: string): Answer => {
  const document = ledger.document(id)
  if (!document) return notFound(`document ${id}`)
  ledger.confirm(id)
  return { status: 200, body: brief(document) }
}

/** What was booked in, less what confirmed documents sold. A store that neither knows is none. */
export const listStock = (ledger: Ledger, store: string): Answer => {
  const stock = new Map(ledger.stockIn().get(store))
  const sold = ledger.documents().filter((document) => document.store === store && document.state === 'confirmed')
  if (stock.size === 0 && sold.length === 0) return refuse(404, 'NOT_FOUND', `There is no store ${store}.`)
  for (const { item, quantity } of sold.flatMap(({ lines }) => lines)) stock.set(item, (stock.get(item) ?? 0) - parseQuantity(quantity))
  return { status: 200, body: { store, stock: [...stock].map(([item, milli]) => ({ item, quantity: quantityText(milli) })) } }
}

const stockChangeSchema = z.strictObject({ store: z.string().min(1), item: z.string().min(1), milli: z.int() })

export const bookStock = (ledger: Ledger, body: unknown): Answer => {
  const { store, item, milli } = stockChangeSchema.parse(body)
  ledger.addStock(store, item, milli)
  return listStock(ledger, store)
}

const itemChangeSchema = z.strictObject({
  price: z
    .string()
    .regex(/^\d{1,9}\.\d{2}$/)
    .optional(),
  name: z.string().min(1).optional(),
  sellable: z.boolean().optional(),
  barcodes: z.array(z.string()).optional(),
})

export const changeItem = (ledger: Ledger, id: string, body: unknown): Answer => {
  const parsed = itemChangeSchema.safeParse(body)
  if (!parsed.success) return refuse(400, 'INVALID', z.prettifyError(parsed.error))
  const before = ledger.item(id)
  if (!before) return notFound(`item ${id}`)
  const { price = before.price, name = before.name, sellable = before.sellable, barcodes = before.barcodes } = parsed.data
  const item = { ...before, price, name, sellable, barcodes }
  ledger.writeItem(item)
  return { status: 200, body: item }
}
