/**
 * Several sales in one go, about three times as quick as one by one: Tryton's cost is in the call. Each call is one database
 * transaction there, so a refusal undid it for all of them: then each goes alone, and only the guilty one is rejected.
 */
import { z } from 'zod'
import type { Posting, PostOutcome } from '../../connector.ts'
import type { ErpAnswer, ErpFailure } from '../wire.ts'
import { draftSale } from './draft.ts'
import type { Company, Masters } from './masters.ts'
import { type TrytonRpc, TrytonFault } from './rpc.ts'
import { judgeConfirmed, judgeSale, postSale, type Sale, saleFields, saleSchema, unreadConfirmed } from './sale.ts'
import { idSchema } from './values.ts'

/** Confirming makes shipments and invoices; its cost grows faster than the number of sales. */
export const batchSize = 5

interface Job {
  posting: Posting
  sale?: Sale
  outcome?: PostOutcome
}

/** Thrown away with the batch: what was done so far is found again when each goes alone. */
class OneByOne extends Error {
  override name = 'OneByOne'
}

const open = (jobs: readonly Job[]): Job[] => jobs.filter((job) => job.outcome === undefined)

/** The same answer for all that took part in a call; a refusal sends each alone. */
const failAll = (jobs: readonly Job[], failure: ErpFailure): void => {
  if (failure.outcome === 'rejected') throw new OneByOne()
  for (const job of jobs) job.outcome = failure
}

const readSales = (rpc: TrytonRpc, ids: readonly number[]): Promise<ErpAnswer<Sale[]>> =>
  rpc.read('sale.sale.read', [ids, saleFields], z.array(saleSchema))

const findAll = async (rpc: TrytonRpc, company: Company, jobs: readonly Job[]): Promise<void> => {
  const keys = jobs.map((job) => job.posting.key)
  const referenced = saleSchema.extend({ reference: z.string() })
  const domain = [
    ['company', '=', company.id],
    ['reference', 'in', keys],
  ]
  const found = await rpc.read(
    'sale.sale.search_read',
    [domain, 0, keys.length * 10, [['id', 'ASC']], [...saleFields, 'reference']],
    z.array(referenced),
  )
  if (!found.ok) return failAll(jobs, found.failure)
  for (const job of jobs) {
    const sales = found.value.filter((sale) => sale.reference === job.posting.key)
    // Doubled in the ERP: the way alone says so.
    if (sales.length > 1) throw new OneByOne()
    if (sales[0]) job.sale = sales[0]
  }
}

const createAll = async (rpc: TrytonRpc, masters: Masters, company: Company, jobs: readonly Job[]): Promise<void> => {
  const drafted: { job: Job; values: object }[] = []
  for (const job of jobs) {
    const draft = await draftSale(masters, company, job.posting)
    if (draft.ok) drafted.push({ job, values: draft.value })
    else job.outcome = draft.failure
  }
  if (drafted.length === 0) return
  const makers = drafted.map(({ job }) => job)
  const created = await rpc.change('sale.sale.create', [drafted.map(({ values }) => values)], z.array(idSchema).length(drafted.length))
  if (!created.ok) return failAll(makers, created.failure)
  const read = await readSales(rpc, created.value)
  if (!read.ok) return failAll(makers, read.failure)
  const byId = new Map(read.value.map((sale) => [sale.id, sale]))
  for (const [index, job] of makers.entries()) {
    const sale = byId.get(created.value[index] ?? 0)
    if (sale) job.sale = sale
    else job.outcome = { outcome: 'unknown', message: 'The new sale could not be read back.' }
  }
}

const idsOf = (jobs: readonly Job[]): number[] => jobs.flatMap((job) => job.sale?.id ?? [])

const confirmAll = async (rpc: TrytonRpc, jobs: readonly Job[]): Promise<void> => {
  const drafts = jobs.filter((job) => job.sale?.state === 'draft')
  const quoted = drafts.length === 0 ? ({ ok: true } as const) : await rpc.change('sale.sale.quote', [idsOf(drafts)], z.unknown())
  if (!quoted.ok) return failAll(jobs, quoted.failure)
  const confirmed = await rpc.change('sale.sale.confirm', [idsOf(jobs)], z.unknown())
  if (!confirmed.ok) return failAll(jobs, confirmed.failure)
  const done = await readSales(rpc, idsOf(jobs))
  for (const job of jobs) {
    const sale = done.ok ? done.value.find((each) => each.id === job.sale?.id) : undefined
    if (sale) job.outcome = judgeConfirmed(job.posting, sale)
    else
      job.outcome = unreadConfirmed(done.ok ? { outcome: 'retry', message: 'The confirmed sale was not among those read.' } : done.failure)
  }
}

const runBatch = async (rpc: TrytonRpc, masters: Masters, jobs: readonly Job[]): Promise<void> => {
  const company = await masters.company()
  if (!company.ok) return failAll(jobs, company.failure)
  await findAll(rpc, company.value, jobs)
  const missing = open(jobs).filter((job) => job.sale === undefined)
  if (missing.length > 0) await createAll(rpc, masters, company.value, missing)
  for (const job of open(jobs)) {
    const certain = job.sale && judgeSale(job.posting, job.sale)
    if (certain) job.outcome = certain
  }
  const ready = open(jobs)
  if (ready.length > 0) await confirmAll(rpc, ready)
}

export const postSales = async (rpc: TrytonRpc, masters: Masters, postings: readonly Posting[]): Promise<PostOutcome[]> => {
  const jobs: Job[] = postings.map((posting) => ({ posting }))
  try {
    if (jobs.length > 1) await runBatch(rpc, masters, jobs)
  } catch (cause) {
    if (!(cause instanceof OneByOne) && !(cause instanceof TrytonFault)) throw cause
  }
  const outcomes: PostOutcome[] = []
  for (const { posting, outcome } of jobs) outcomes.push(outcome ?? (await postSale(rpc, masters, posting)))
  return outcomes
}
