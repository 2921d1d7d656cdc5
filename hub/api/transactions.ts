/** Transactions as merged, and exceptions; both paged by a cursor that stays true while new ones arrive. */
import { businessDaySchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'
import { exceptionKindNames, exceptionKinds } from '../exception/kinds.ts'
import type { Database } from '../storage/database.ts'
import { errorBodySchema, type HubApp } from './app.ts'

const pageQuery = z.object({ after: z.string().max(400).optional(), limit: z.coerce.number().int().min(1).max(1_000).default(100) })

const transactionRowSchema = z.object({
  naturalKey: z.string(),
  storeId: z.string(),
  workstationId: z.string(),
  businessDay: z.string(),
  sequenceNumber: z.int(),
  kind: z.string(),
  endedAt: z.string(),
  currency: z.string(),
  netMinor: z.int(),
  taxMinor: z.int(),
  grandMinor: z.int(),
  recordId: z.string(),
  posting: z.object({ state: z.string(), erpReference: z.string().nullable(), message: z.string().nullable() }).nullable(),
})

const exceptionKindSchema = z.enum(exceptionKindNames)
const ownerSchema = z.enum(['store', 'hub'])
const stateSchema = z.enum(['open', 'resolved'])

const exceptionSchema = z.object({
  exceptionId: z.string(),
  kind: exceptionKindSchema,
  storeId: z.string().nullable(),
  naturalKey: z.string().nullable(),
  recordId: z.string().nullable(),
  itemId: z.string().nullable(),
  workstationId: z.string().nullable(),
  businessDay: z.string().nullable(),
  sequenceNumber: z.int().nullable(),
  message: z.string(),
  amountMinor: z.int().nullable(),
  currency: z.string().nullable(),
  owner: ownerSchema,
  /** What the owner does about this kind. */
  action: z.string(),
  state: stateSchema,
  createdAt: z.string(),
  resolvedAt: z.string().nullable(),
})

export const registerTransactionRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/transactions',
    {
      schema: {
        summary: 'Transactions of a store, ordered by natural key; `next` is the cursor of the next page',
        querystring: pageQuery.extend({ storeId: storeIdSchema, businessDay: businessDaySchema.optional() }),
        response: { 200: z.object({ transactions: z.array(transactionRowSchema), next: z.string().nullable() }), 422: errorBodySchema },
      },
    },
    async (request) => {
      const transactions = await readTransactions(db, request.query)
      return { transactions, next: transactions.length < request.query.limit ? null : (transactions.at(-1)?.naturalKey ?? null) }
    },
  )

  app.get(
    '/v1/exceptions',
    {
      schema: {
        summary: 'What a person must look at, ordered by id; `next` is the cursor of the next page',
        querystring: pageQuery.extend({ state: stateSchema.optional(), storeId: storeIdSchema.optional() }),
        response: { 200: z.object({ exceptions: z.array(exceptionSchema), next: z.string().nullable() }), 422: errorBodySchema },
      },
    },
    async (request) => {
      const exceptions = await readExceptions(db, request.query)
      return { exceptions, next: exceptions.length < request.query.limit ? null : (exceptions.at(-1)?.exceptionId ?? null) }
    },
  )
}

interface TransactionQuery {
  storeId: string
  businessDay?: string | undefined
  after?: string | undefined
  limit: number
}

const readTransactions = async (db: Database, query: TransactionQuery): Promise<z.infer<typeof transactionRowSchema>[]> => {
  let select = db
    .selectFrom('sales_transaction as t')
    .leftJoin('posting as p', 'p.posting_key', 't.natural_key')
    .selectAll('t')
    .select(['p.state as posting_state', 'p.erp_reference', 'p.message as posting_message'])
    .where('t.store_id', '=', query.storeId)
  if (query.businessDay) select = select.where('t.business_day', '=', query.businessDay)
  if (query.after) select = select.where('t.natural_key', '>', query.after)
  const rows = await select.orderBy('t.natural_key').limit(query.limit).execute()
  return rows.map((row) => ({
    naturalKey: row.natural_key,
    storeId: row.store_id,
    workstationId: row.workstation_id,
    businessDay: row.business_day,
    sequenceNumber: row.sequence_number,
    kind: row.kind,
    endedAt: row.ended_at,
    currency: row.currency,
    netMinor: row.net_minor,
    taxMinor: row.tax_minor,
    grandMinor: row.grand_minor,
    recordId: `${row.device_id}:${row.incarnation}:${row.seq}`,
    posting:
      row.posting_state === null ? null : { state: row.posting_state, erpReference: row.erp_reference, message: row.posting_message },
  }))
}

interface ExceptionQuery {
  state?: string | undefined
  storeId?: string | undefined
  after?: string | undefined
  limit: number
}

const readExceptions = async (db: Database, query: ExceptionQuery): Promise<z.infer<typeof exceptionSchema>[]> => {
  let select = db.selectFrom('exception').selectAll()
  if (query.state) select = select.where('state', '=', query.state)
  if (query.storeId) select = select.where('store_id', '=', query.storeId)
  if (query.after) select = select.where('exception_id', '>', query.after)
  const rows = await select.orderBy('exception_id').limit(query.limit).execute()
  return rows.map((row) => ({
    exceptionId: row.exception_id,
    kind: exceptionKindSchema.parse(row.kind),
    storeId: row.store_id,
    naturalKey: row.natural_key,
    recordId: row.record_id,
    itemId: row.item_id,
    workstationId: row.workstation_id,
    businessDay: row.business_day,
    sequenceNumber: row.sequence_number,
    message: row.message,
    amountMinor: row.amount_minor,
    currency: row.currency,
    owner: ownerSchema.parse(row.owner),
    action: exceptionKinds[exceptionKindSchema.parse(row.kind)].action,
    state: stateSchema.parse(row.state),
    createdAt: row.created_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  }))
}
