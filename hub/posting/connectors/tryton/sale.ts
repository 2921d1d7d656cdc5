/**
 * Posting one sale: find by reference → create → quote → confirm, from whatever state is there. Each transition does nothing
 * when it is already past. The total is compared before confirming: a wrong sale stays a quotation for a person to see.
 */
import { z } from 'zod'
import { amountText, toMinor } from '../../decimal.ts'
import type { ErpDocument, Posting, PostOutcome } from '../../connector.ts'
import { rejected } from '../../erp-lines.ts'
import type { ErpAnswer, ErpFailure } from '../wire.ts'
import { draftSale } from './draft.ts'
import type { Company, Masters } from './masters.ts'
import type { TrytonRpc } from './rpc.ts'
import { decimalSchema, idSchema } from './values.ts'

export const saleSchema = z.object({
  id: idSchema,
  number: z.string().nullable(),
  state: z.enum(['draft', 'quotation', 'confirmed', 'processing', 'done', 'cancelled']),
  total_amount: decimalSchema,
})
export type Sale = z.infer<typeof saleSchema>
export const saleFields = ['number', 'state', 'total_amount']

export const isComplete = (sale: Sale): boolean => sale.state === 'confirmed' || sale.state === 'processing' || sale.state === 'done'

export const referenceOf = (sale: Sale): string => sale.number ?? `draft ${sale.id}`

const salesOf = (rpc: TrytonRpc, company: Company, key: string): Promise<ErpAnswer<Sale[]>> =>
  rpc.read(
    'sale.sale.search_read',
    [
      [
        ['company', '=', company.id],
        ['reference', '=', key],
      ],
      0,
      10,
      [['id', 'ASC']],
      saleFields,
    ],
    z.array(saleSchema),
  )

/** The one sale of a reference. Several are a posting doubled by somebody else: never ours to choose between. */
const theSale = async (rpc: TrytonRpc, company: Company, key: string): Promise<ErpAnswer<Sale | null>> => {
  const sales = await salesOf(rpc, company, key)
  if (!sales.ok) return sales
  const [first, ...others] = sales.value
  if (others.length > 0)
    return {
      ok: false,
      failure: rejected(
        'ERP_REJECTED',
        `The ERP has ${sales.value.length} sales with this reference: ${sales.value.map(referenceOf).join(', ')}.`,
      ),
    }
  return { ok: true, value: first ?? null }
}

const createSale = async (rpc: TrytonRpc, masters: Masters, company: Company, posting: Posting): Promise<ErpAnswer<Sale>> => {
  const draft = await draftSale(masters, company, posting)
  if (!draft.ok) return draft
  const created = await rpc.change('sale.sale.create', [[draft.value]], z.array(idSchema).length(1))
  return created.ok ? readSale(rpc, created.value[0] ?? 0) : created
}

const readSale = async (rpc: TrytonRpc, id: number): Promise<ErpAnswer<Sale>> => {
  const read = await rpc.read('sale.sale.read', [[id], saleFields], z.array(saleSchema).length(1))
  if (!read.ok) return read
  const [sale] = read.value
  return sale ? { ok: true, value: sale } : { ok: false, failure: { outcome: 'retry', message: 'The sale is gone from the ERP.' } }
}

export const postSale = async (rpc: TrytonRpc, masters: Masters, posting: Posting): Promise<PostOutcome> => {
  const company = await masters.company()
  if (!company.ok) return company.failure
  const found = await theSale(rpc, company.value, posting.key)
  if (!found.ok) return found.failure
  const started: ErpAnswer<Sale> = found.value ? { ok: true, value: found.value } : await createSale(rpc, masters, company.value, posting)
  if (!started.ok) return started.failure
  return finishSale(rpc, posting, started.value)
}

/** What is certain without another call; null: it may be quoted and confirmed. */
export const judgeSale = ({ transaction }: Posting, sale: Sale): PostOutcome | null => {
  const { currency, totals } = transaction
  const totalMinor = toMinor(sale.total_amount, currency)
  if (isComplete(sale)) return { outcome: 'posted', erpReference: referenceOf(sale), totalMinor: totalMinor ?? Number.NaN }
  if (sale.state === 'cancelled') return rejected('ERP_REJECTED', `Sale ${referenceOf(sale)} was cancelled in the ERP.`)
  if (totalMinor === totals.grandMinor) return null
  const difference = `Sale ${referenceOf(sale)} comes to ${sale.total_amount} in the ERP, the receipt to ${amountText(totals.grandMinor, currency)}`
  return rejected('DOES_NOT_ADD_UP', `${difference}; it was not confirmed.`)
}

/** After confirming. */
export const judgeConfirmed = (posting: Posting, sale: Sale): PostOutcome =>
  isComplete(sale)
    ? (judgeSale(posting, sale) as PostOutcome)
    : { outcome: 'retry', message: `Sale ${referenceOf(sale)} is still ${sale.state} in the ERP.` }

/** It is confirmed; only its number was not learned. The next attempt finds it complete. */
export const unreadConfirmed = (failure: ErpFailure): PostOutcome => ({
  outcome: 'unknown',
  message: failure.outcome === 'rejected' ? 'The confirmed sale could not be read.' : failure.message,
})

const finishSale = async (rpc: TrytonRpc, posting: Posting, sale: Sale): Promise<PostOutcome> => {
  const certain = judgeSale(posting, sale)
  if (certain) return certain
  const quoted = sale.state === 'draft' ? await rpc.change('sale.sale.quote', [[sale.id]], z.unknown()) : ({ ok: true } as const)
  if (!quoted.ok) return quoted.failure
  const confirmed = await rpc.change('sale.sale.confirm', [[sale.id]], z.unknown())
  if (!confirmed.ok) return confirmed.failure
  const done = await readSale(rpc, sale.id)
  return done.ok ? judgeConfirmed(posting, done.value) : unreadConfirmed(done.failure)
}

export const findSale = async (rpc: TrytonRpc, masters: Masters, key: string): Promise<ErpAnswer<ErpDocument | null>> => {
  const company = await masters.company()
  if (!company.ok) return company
  const found = await theSale(rpc, company.value, key)
  // Doubled: "not complete" sends it on to post, which rejects it for a person.
  if (!found.ok && found.failure.outcome === 'rejected') return { ok: true, value: { erpReference: key, totalMinor: 0, complete: false } }
  if (!found.ok) return found
  const sale = found.value
  return {
    ok: true,
    value: sale && {
      erpReference: referenceOf(sale),
      totalMinor: toMinor(sale.total_amount, company.value.currency) ?? Number.NaN,
      complete: isComplete(sale),
    },
  }
}
