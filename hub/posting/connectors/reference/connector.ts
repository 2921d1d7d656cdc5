/**
 * The reference ERP's connector: find by reference → create → confirm, from whatever step is there already.
 * Its `reference` is not unique, so nothing is created before the look-up came back empty.
 */
import { z } from 'zod'
import { itemSchema } from '#sync/contract/catalogue.ts'
import type { Transaction } from '#sync/contract/transaction.ts'
import type { ErpAccess } from '../../access.ts'
import type { ErpConnector, ErpDocument, ErpItem, ErpStock, Posting, PostOutcome, PulledItems, UnreadableItem } from '../../connector.ts'
import { ErpUnavailable } from '../../connector.ts'
import { decimalText, fromMinor, parseDecimal, rescale, toMilli, toMinor } from '../../decimal.ts'
import { type ErpLines, erpLinesOf } from '../../erp-lines.ts'
import {
  createReferenceClient,
  documentListSchema,
  itemPageSchema,
  type ReferenceClient,
  type ReferenceDocument,
  referenceDocumentSchema,
  referenceItemSchema,
  stockSchema,
} from './client.ts'
import { callErp, type ErpAnswer, type ErpFailure } from '../wire.ts'

export interface ReferenceOptions {
  timeoutMs?: number
  call?: typeof callErp
}

const path = (document: ReferenceDocument): string => `/documents/${encodeURIComponent(document.id)}`

const totalOf = (document: ReferenceDocument): number => toMinor(document.total, document.currency) ?? Number.NaN

/** All documents of one reference. More than one is a posting doubled by somebody else: never ours to choose between. */
const lookUp = async (client: ReferenceClient, key: string): Promise<ErpAnswer<ReferenceDocument | null>> => {
  const answer = await client.read(`/documents?reference=${encodeURIComponent(key)}`, documentListSchema)
  if (!answer.ok) return answer
  const [first, ...others] = answer.value.documents
  if (others.length > 0)
    return {
      ok: false,
      failure: {
        outcome: 'rejected',
        code: 'ERP_REJECTED',
        message: `The ERP has ${others.length + 1} documents with this reference: ${[first, ...others].map((d) => d?.number).join(', ')}.`,
      },
    }
  return { ok: true, value: first ?? null }
}

/** Amounts contain the tax there; without it they are sent as the till has them, and the tax as a line of its own. */
const bodyOf = (key: string, transaction: Transaction, { lines, taxIncluded, roundingMinor }: ErpLines & { outcome: 'lines' }) => {
  const { currency } = transaction
  return {
    reference: key,
    store: transaction.storeId,
    businessDay: transaction.businessDay,
    currency,
    lines: lines.map((line) => ({
      item: line.itemId ?? null,
      barcode: line.barcode ?? null,
      quantity: decimalText(BigInt(line.quantityMilli), 3),
      amount: fromMinor(line.amountMinor, currency),
    })),
    addedTax: fromMinor(taxIncluded ? 0 : transaction.totals.taxMinor, currency),
    rounding: fromMinor(roundingMinor, currency),
  }
}

const post = async (client: ReferenceClient, { key, transaction }: Posting): Promise<PostOutcome> => {
  const lines = erpLinesOf(transaction)
  if (lines.outcome === 'rejected') return lines
  const found = await lookUp(client, key)
  if (!found.ok) return found.failure
  const created: ErpAnswer<ReferenceDocument> = found.value
    ? { ok: true, value: found.value }
    : await client.change('/documents', bodyOf(key, transaction, lines), referenceDocumentSchema)
  if (!created.ok) return created.failure
  const confirmed: ErpAnswer<ReferenceDocument> =
    created.value.state === 'confirmed' ? created : await client.change(`${path(created.value)}/confirm`, {}, referenceDocumentSchema)
  if (!confirmed.ok) return confirmed.failure
  return { outcome: 'posted', erpReference: confirmed.value.number, totalMinor: totalOf(confirmed.value) }
}

const units = new Map([
  ['piece', 'each'],
  ['kg', 'kilogram'],
  ['l', 'litre'],
  ['m', 'metre'],
])

const unreadable = (raw: unknown, message: string): { unreadable: UnreadableItem } => {
  const id = z.object({ id: z.string() }).safeParse(raw)
  return { unreadable: { erpId: id.success ? id.data.id : 'unknown', message } }
}

const itemOf = (raw: unknown): { read: ErpItem } | { unreadable: UnreadableItem } => {
  const parsed = referenceItemSchema.safeParse(raw)
  if (!parsed.success) return unreadable(raw, z.prettifyError(parsed.error))
  const { id, name, barcodes, unit, price, currency, taxCode, taxRate, sellable } = parsed.data
  const rate = parseDecimal(taxRate)
  const amountMinor = toMinor(price, currency)
  if (amountMinor === null) return unreadable(raw, `Its price ${price} is finer than ${currency} has coins.`)
  const item = itemSchema.safeParse({
    itemId: id,
    name,
    barcodes,
    unit: units.get(unit),
    taxCode,
    taxRateMicro: rate ? Number(rescale(rate, 6)) : undefined,
  })
  return item.success
    ? { read: { item: item.data, erpId: id, amountMinor, currency, listed: sellable } }
    : unreadable(raw, z.prettifyError(item.error))
}

const unavailable = (failure: ErpFailure): ErpUnavailable => new ErpUnavailable(failure.message)

/** The cursor is the ERP's own modification counter, given in commit order: no overlap is needed. */
const pullItems = async (client: ReferenceClient, cursor: string | undefined): Promise<PulledItems> => {
  const pulled: PulledItems = { items: [], unreadable: [], cursor: '0' }
  let after = cursor !== undefined && /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0
  for (;;) {
    const page = await client.read(`/items?modifiedAfter=${after}`, itemPageSchema)
    if (!page.ok) throw unavailable(page.failure)
    for (const item of page.value.items.map(itemOf)) {
      if ('read' in item) pulled.items.push(item.read)
      else pulled.unreadable.push(item.unreadable)
    }
    if (!page.value.more || page.value.next <= after) return { ...pulled, cursor: String(page.value.next) }
    after = page.value.next
  }
}

const readStock = async (client: ReferenceClient, storeId: string): Promise<ErpStock[] | null> => {
  const answer = await client.read(`/stock?store=${encodeURIComponent(storeId)}`, stockSchema)
  if (!answer.ok && answer.failure.outcome === 'rejected') return null
  if (!answer.ok) throw unavailable(answer.failure)
  return answer.value.stock.map(({ item, quantity }) => ({ itemId: item, quantityMilli: toMilli(quantity) }))
}

export const createReferenceConnector = (
  access: ErpAccess,
  { timeoutMs = 15_000, call = callErp }: ReferenceOptions = {},
): ErpConnector => {
  const client = createReferenceClient(access, timeoutMs, call)
  return {
    name: 'reference',
    async ping() {
      const answer = await client.read('/items?modifiedAfter=999999999999999', itemPageSchema)
      return answer.ok ? { reachable: true, message: 'The reference ERP answers.' } : { reachable: false, message: answer.failure.message }
    },
    post: (posting) => post(client, posting),
    async find(key): Promise<ErpDocument | null> {
      const found = await lookUp(client, key)
      // Doubled: "not complete" sends it on to post, which rejects it for a person.
      if (!found.ok && found.failure.outcome === 'rejected') return { erpReference: key, totalMinor: 0, complete: false }
      if (!found.ok) throw unavailable(found.failure)
      return (
        found.value && { erpReference: found.value.number, totalMinor: totalOf(found.value), complete: found.value.state === 'confirmed' }
      )
    },
    pullItems: (cursor) => pullItems(client, cursor),
    readStock: (storeId) => readStock(client, storeId),
    close: async () => undefined,
  }
}
