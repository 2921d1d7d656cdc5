/**
 * What a sale in Tryton refers to: party, warehouse, products with their units and taxes. Read when first needed and kept
 * for a minute: the ERP may change them, and asking for each sale would halve the speed.
 */
import { z } from 'zod'
import type { BusinessDay } from '#sync/contract/vocabulary.ts'
import { parseDecimal, rescale } from '../../decimal.ts'
import type { ErpLine } from '../../erp-lines.ts'
import type { ErpAnswer } from '../wire.ts'
import type { TrytonRpc } from './rpc.ts'
import { booleanSchema, decimalSchema, idSchema, toDate } from './values.ts'

/** The product of the untaxed rounding line; a service without taxes. Never shown to stores. */
export const roundingCode = 'TIDELINE-ROUNDING'
export const walkInParty = 'POS walk-in'

export interface TrytonTax {
  id: number
  rateMicro: number
}
export interface TrytonProduct {
  id: number
  code: string | null
  unit: number
  unitDigits: number
  salable: boolean
  /** Null: taxes of a kind whose amount cannot be foretold. */
  taxes: TrytonTax[] | null
}
export interface Company {
  id: number
  currency: string
  party: number
  address: number
  paymentTerm: number | null
}

const keptMs = 60_000

/** Keeps good answers for a while; calls that come together share one question. */
const kept = <K, T>(ask: (key: K) => Promise<ErpAnswer<T>>) => {
  const known = new Map<K, { answer: Promise<ErpAnswer<T>>; untilMs: number }>()
  return (key: K): Promise<ErpAnswer<T>> => {
    const before = known.get(key)
    if (before && before.untilMs > Date.now()) return before.answer
    const answer = ask(key)
    known.set(key, { answer, untilMs: Date.now() + keptMs })
    const forget = () => known.delete(key)
    answer.then((a) => (a.ok && a.value !== null ? undefined : forget()), forget)
    return answer
  }
}

/** Where a product's taxes stand. A category may take them from its parent: that chain is not followed. */
export const categorySchema = z.object({ customer_taxes: z.array(idSchema), taxes_parent: booleanSchema.nullish() })
export const categoryFields = ['account_category.customer_taxes', 'account_category.taxes_parent']
type Category = z.infer<typeof categorySchema>

const productSchema = z.object({
  id: idSchema,
  code: z.string().nullable(),
  salable: booleanSchema,
  sale_uom: idSchema.nullable(),
  'sale_uom.': z.object({ digits: z.int() }).nullish(),
  'account_category.': categorySchema.nullish(),
})
const taxSchema = z.object({
  id: idSchema,
  type: z.string(),
  rate: decimalSchema.nullable(),
  childs: z.array(idSchema),
  update_unit_price: booleanSchema.nullish(),
})
const partySchema = z.object({ id: idSchema, addresses: z.array(idSchema), customer_payment_term: idSchema.nullable() })
const companySchema = z.object({ id: idSchema, 'currency.': z.object({ code: z.string() }) })

export interface Masters {
  company(): Promise<ErpAnswer<Company>>
  warehouse(storeId: string): Promise<ErpAnswer<number | null>>
  /** Whether the accounts of that day are open. */
  dayIsOpen(day: BusinessDay): Promise<ErpAnswer<boolean | null>>
  productByCode(code: string): Promise<ErpAnswer<TrytonProduct | null>>
  productByBarcode(barcode: string): Promise<ErpAnswer<TrytonProduct | null>>
  /** Null: taxes whose amount cannot be foretold, or none stated at all, which Tryton would silently take for none due. */
  taxesOf(category: Category | null | undefined): Promise<ErpAnswer<TrytonTax[] | null>>
}

export const createMasters = (rpc: TrytonRpc): Masters => {
  const company = kept(async (): Promise<ErpAnswer<Company>> => {
    const companies = await rpc.read('company.company.search_read', [[], 0, 1, null, ['currency.code']], z.array(companySchema))
    if (!companies.ok) return companies
    const parties = await rpc.read(
      'party.party.search_read',
      [[['name', '=', walkInParty]], 0, 1, null, ['addresses', 'customer_payment_term']],
      z.array(partySchema),
    )
    if (!parties.ok) return parties
    const [found] = companies.value
    const [party] = parties.value
    const address = party?.addresses[0]
    if (!found || !party || address === undefined)
      return {
        ok: false,
        failure: {
          outcome: 'retry',
          message: `The ERP is not set up for tills: it needs a company and a party named "${walkInParty}" with an address.`,
        },
      }
    return {
      ok: true,
      value: { id: found.id, currency: found['currency.'].code, party: party.id, address, paymentTerm: party.customer_payment_term },
    }
  })

  const warehouse = kept(async (storeId: string): Promise<ErpAnswer<number | null>> => {
    const found = await rpc.read(
      'stock.location.search',
      [
        [
          ['type', '=', 'warehouse'],
          ['code', '=', storeId],
        ],
        0,
        1,
        null,
      ],
      z.array(idSchema),
    )
    return found.ok ? { ok: true, value: found.value[0] ?? null } : found
  })

  const dayIsOpen = kept(async (day: BusinessDay): Promise<ErpAnswer<boolean | null>> => {
    const date = toDate(day)
    const periods = await rpc.read(
      'account.period.search',
      [
        [
          ['start_date', '<=', date],
          ['end_date', '>=', date],
          ['type', '=', 'standard'],
          ['state', '=', 'open'],
        ],
        0,
        1,
        null,
      ],
      z.array(idSchema),
    )
    return periods.ok ? { ok: true, value: periods.value.length > 0 ? true : null } : periods
  })

  const taxOf = kept(async (id: number): Promise<ErpAnswer<TrytonTax | null>> => {
    const read = await rpc.read('account.tax.read', [[id], ['type', 'rate', 'childs', 'update_unit_price']], z.array(taxSchema))
    if (!read.ok) return read
    const [tax] = read.value
    const rate = tax ? parseDecimal(tax.rate ?? '') : null
    const plain = tax && rate && tax.type === 'percentage' && tax.childs.length === 0 && tax.update_unit_price !== true
    return { ok: true, value: plain ? { id, rateMicro: Number(rescale(rate, 6)) } : null }
  })

  const taxesOf = async (category: Category | null | undefined): Promise<ErpAnswer<TrytonTax[] | null>> => {
    if (!category || category.taxes_parent === true) return { ok: true, value: null }
    const found: TrytonTax[] = []
    for (const id of category.customer_taxes) {
      const tax = await taxOf(id)
      if (!tax.ok) return tax
      if (tax.value === null) return { ok: true, value: null }
      found.push(tax.value)
    }
    return { ok: true, value: found }
  }

  const product = async (domain: unknown[]): Promise<ErpAnswer<TrytonProduct | null>> => {
    const fields = ['code', 'salable', 'sale_uom', 'sale_uom.digits', ...categoryFields]
    const products = await rpc.read('product.product.search_read', [domain, 0, 1, [['id', 'ASC']], fields], z.array(productSchema))
    if (!products.ok) return products
    const [found] = products.value
    if (!found || found.sale_uom === null) return { ok: true, value: null }
    const known = await taxesOf(found['account_category.'])
    if (!known.ok) return known
    return {
      ok: true,
      value: {
        id: found.id,
        code: found.code,
        unit: found.sale_uom,
        unitDigits: found['sale_uom.']?.digits ?? 0,
        salable: found.salable,
        taxes: known.value,
      },
    }
  }

  return {
    company: () => company(undefined),
    warehouse,
    dayIsOpen,
    productByCode: kept((code: string) => product([['code', '=', code]])),
    productByBarcode: kept((barcode: string) => product([['identifiers.code', '=', barcode]])),
    taxesOf,
  }
}

/** A line's product: by its item number, else by its barcode. */
export const productOf = async (masters: Masters, line: Pick<ErpLine, 'itemId' | 'barcode'>): Promise<ErpAnswer<TrytonProduct | null>> => {
  const byCode = line.itemId === undefined ? null : await masters.productByCode(line.itemId)
  if (byCode && (!byCode.ok || byCode.value)) return byCode
  return line.barcode === undefined ? { ok: true, value: null } : masters.productByBarcode(line.barcode)
}
