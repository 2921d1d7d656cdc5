/**
 * Products as items: what was written since the cursor, with an overlap, because a transaction's write date is when it began
 * and it becomes visible only when it commits. What leaves no write date behind (a removed barcode, a new tax rate) is
 * found by the full pull.
 */
import { z } from 'zod'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { type ErpItem, type PulledItems, type UnreadableItem } from '../../connector.ts'
import { divideHalfEven, minorDigits, parseDecimal } from '../../decimal.ts'
import { answered } from '../wire.ts'
import { categoryFields, categorySchema, type Company, type Masters, roundingCode } from './masters.ts'
import type { TrytonRpc } from './rpc.ts'
import { booleanSchema, decimalSchema, idSchema, momentSchema, toMoment } from './values.ts'

const overlapMs = 60_000
const pageSize = 1_000

const writtenSchema = z.object({ write_date: momentSchema.nullable(), create_date: momentSchema.nullable() })
const productSchema = writtenSchema.extend({
  id: idSchema,
  code: z.string().nullable(),
  name: z.string(),
  active: booleanSchema,
  salable: booleanSchema,
  list_price: decimalSchema.nullable(),
  default_uom: idSchema,
  'default_uom.': z.object({ symbol: z.string() }),
  sale_uom: idSchema.nullable(),
  identifiers: z.array(idSchema),
  'account_category.': categorySchema.nullish(),
  'template.': writtenSchema,
})
type Product = z.infer<typeof productSchema>
const fields = [
  ...['code', 'name', 'active', 'salable', 'list_price', 'default_uom', 'default_uom.symbol', 'sale_uom', 'identifiers', ...categoryFields],
  ...['write_date', 'create_date', 'template.write_date', 'template.create_date'],
]
const identifierSchema = writtenSchema.extend({ id: idSchema, code: z.string(), type: z.string().nullable() })
type Identifier = z.infer<typeof identifierSchema>

const barcodeTypes = new Set(['ean', 'ean8', 'ean13', 'upc', 'isbn', 'brand', null, ''])

const units = new Map([
  ['u', 'each'],
  ['kg', 'kilogram'],
  ['l', 'litre'],
  ['m', 'metre'],
])

const changedSince = (cursor: string): unknown[] => {
  const since = toMoment(cursor, overlapMs)
  if (!since) return []
  const written = (path: string) => [[[`${path}write_date`, '>=', since]], [[`${path}create_date`, '>=', since]]]
  return [['OR', ...written(''), ...written('template.'), ...written('identifiers.')]]
}

/** net × (1 + rates), rounded to the minor unit. */
export const shelfPriceMinor = (listPrice: string, rateMicro: number, currency: string): number | null => {
  const net = parseDecimal(listPrice)
  if (!net) return null
  const numerator = net.units * BigInt(1_000_000 + rateMicro) * 10n ** BigInt(minorDigits(currency))
  return Number(divideHalfEven(numerator, 1_000_000n * 10n ** BigInt(net.digits)))
}

const toItem = async (
  product: Product,
  identifiers: readonly Identifier[],
  masters: Masters,
  currency: string,
): Promise<{ read: ErpItem } | { unreadable: UnreadableItem }> => {
  const unreadable = (message: string) => ({ unreadable: { erpId: String(product.id), message } })
  const taxes = answered(await masters.taxesOf(product['account_category.']))
  if (!taxes) return unreadable(`${product.name}: its taxes are not plain percentages.`)
  if (product.sale_uom !== null && product.sale_uom !== product.default_uom)
    return unreadable(`${product.name}: it is sold in another unit than it is priced in.`)
  const taxRateMicro = taxes.reduce((sum, tax) => sum + tax.rateMicro, 0)
  const amountMinor = product.list_price === null ? null : shelfPriceMinor(product.list_price, taxRateMicro, currency)
  if (amountMinor === null) return unreadable(`${product.name}: it has no price.`)
  const item = itemSchema.safeParse({
    itemId: product.code,
    name: product.name,
    barcodes: identifiers.filter((identifier) => barcodeTypes.has(identifier.type)).map((identifier) => identifier.code),
    unit: units.get(product['default_uom.'].symbol),
    taxCode: `T${taxRateMicro / 10_000}`,
    taxRateMicro,
  })
  if (!item.success) return unreadable(`${product.name}: ${z.prettifyError(item.error)}`)
  return { read: { item: item.data, erpId: String(product.id), amountMinor, currency, listed: product.salable && product.active } }
}

/** Row by row: one product that cannot be read must not hide the others. */
const readProducts = async (rpc: TrytonRpc, domain: unknown[]): Promise<{ products: Product[]; unreadable: UnreadableItem[] }> => {
  const products: Product[] = []
  const unreadable: UnreadableItem[] = []
  for (let offset = 0; ; offset += pageSize) {
    const page = answered(
      await rpc.read(
        'product.product.search_read',
        [domain, offset, pageSize, [['id', 'ASC']], fields],
        z.array(z.object({ id: idSchema }).loose()),
        { active_test: false },
      ),
    )
    for (const row of page) {
      const product = productSchema.safeParse(row)
      if (product.success) products.push(product.data)
      else unreadable.push({ erpId: String(row.id), message: z.prettifyError(product.error) })
    }
    if (page.length < pageSize) return { products, unreadable }
  }
}

const readIdentifiers = async (rpc: TrytonRpc, ids: readonly number[]): Promise<Map<number, Identifier>> => {
  const known = new Map<number, Identifier>()
  for (let start = 0; start < ids.length; start += pageSize) {
    const page = answered(
      await rpc.read(
        'product.identifier.read',
        [ids.slice(start, start + pageSize), ['code', 'type', 'write_date', 'create_date']],
        z.array(identifierSchema),
      ),
    )
    for (const identifier of page) known.set(identifier.id, identifier)
  }
  return known
}

const newestOf = (rows: readonly z.infer<typeof writtenSchema>[], otherwise: string): string =>
  rows.reduce((newest, row) => [row.write_date ?? '', row.create_date ?? '', newest].reduce((a, b) => (a > b ? a : b)), otherwise)

export const pullProducts = async (
  rpc: TrytonRpc,
  masters: Masters,
  company: Company,
  cursor: string | undefined,
): Promise<PulledItems> => {
  const domain = [['code', '!=', roundingCode], ...(cursor === undefined ? [] : changedSince(cursor))]
  const { products, unreadable } = await readProducts(rpc, domain)
  const identifiers = await readIdentifiers(
    rpc,
    products.flatMap((product) => product.identifiers),
  )
  const pulled: PulledItems = {
    items: [],
    unreadable,
    cursor: newestOf([...products, ...products.map((p) => p['template.']), ...identifiers.values()], cursor ?? ''),
  }
  for (const product of products) {
    // A product that no store could name: neither sold nor numbered.
    if (product.code === null && !product.salable) continue
    const own = product.identifiers.flatMap((id) => identifiers.get(id) ?? [])
    const item = await toItem(product, own, masters, company.currency)
    if ('read' in item) pulled.items.push(item.read)
    else pulled.unreadable.push(item.unreadable)
  }
  return pulled
}
