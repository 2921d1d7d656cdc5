/** The ERP outbox over HTTP: what waits, what is posted, what is held and why; and another try for what is held. */
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Log } from '../posting/log.ts'
import { retryHeld } from '../posting/queue.ts'
import type { Tables } from '../storage/tables.ts'
import type { HubApp } from './app.ts'

const states = ['waiting', 'in-doubt', 'posted', 'held'] as const
const refusalSchema = z.strictObject({ code: z.enum(errorCodeNames), message: z.string() })

const postingsQuery = z.strictObject({
  state: z.enum(states).optional(),
  storeId: storeIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(5_000).default(200),
})

const postingSchema = z.strictObject({
  key: z.string(),
  storeId: z.string(),
  businessDay: z.string(),
  connector: z.string(),
  state: z.enum(states),
  attempts: z.int(),
  amountMinor: z.int(),
  currency: z.string(),
  erpReference: z.string().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  createdAt: z.string(),
  nextAttemptAt: z.string().nullable(),
  postedAt: z.string().nullable(),
})

/** Counts by state, so that the list's limit hides nothing. */
const countsSchema = z.strictObject({ waiting: z.int(), 'in-doubt': z.int(), posted: z.int(), held: z.int() })

const countStates = async (db: Kysely<Tables>, storeId: string | undefined): Promise<z.infer<typeof countsSchema>> => {
  let select = db
    .selectFrom('posting')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .groupBy('state')
  if (storeId !== undefined) select = select.where('store_id', '=', storeId)
  const counts = new Map((await select.execute()).map((row) => [row.state, Number(row.count)]))
  return {
    waiting: counts.get('waiting') ?? 0,
    'in-doubt': counts.get('in-doubt') ?? 0,
    posted: counts.get('posted') ?? 0,
    held: counts.get('held') ?? 0,
  }
}

const listPostings = async (db: Kysely<Tables>, query: z.infer<typeof postingsQuery>): Promise<z.infer<typeof postingSchema>[]> => {
  let select = db.selectFrom('posting').selectAll().orderBy('created_at', 'desc').orderBy('posting_key').limit(query.limit)
  if (query.state !== undefined) select = select.where('state', '=', query.state)
  if (query.storeId !== undefined) select = select.where('store_id', '=', query.storeId)
  return (await select.execute()).map((row) => ({
    key: row.posting_key,
    storeId: row.store_id,
    businessDay: row.business_day,
    connector: row.connector,
    state: z.enum(states).parse(row.state),
    attempts: row.attempts,
    amountMinor: row.amount_minor,
    currency: row.currency,
    erpReference: row.erp_reference,
    code: row.error_code,
    message: row.message,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: row.state === 'waiting' || row.state === 'in-doubt' ? row.next_attempt_at.toISOString() : null,
    postedAt: row.posted_at?.toISOString() ?? null,
  }))
}

export const registerPostingRoutes = (app: HubApp, { db, log }: { db: Kysely<Tables>; log: Log }): void => {
  app.get(
    '/v1/postings',
    {
      schema: {
        summary: 'Postings to the ERP, newest first, with counts by state',
        tags: ['postings'],
        querystring: postingsQuery,
        response: { 200: z.strictObject({ counts: countsSchema, postings: z.array(postingSchema) }) },
      },
    },
    async ({ query }) => ({ counts: await countStates(db, query.storeId), postings: await listPostings(db, query) }),
  )

  app.post(
    '/v1/postings/:key/retry',
    {
      schema: {
        summary: 'Try a held posting again',
        tags: ['postings'],
        params: z.strictObject({ key: z.string().min(1).max(200) }),
        response: { 202: z.strictObject({ key: z.string(), state: z.literal('waiting') }), 404: refusalSchema, 409: refusalSchema },
      },
    },
    async ({ params }, reply) => {
      const outcome = await retryHeld(db, params.key)
      if (outcome === 'unknown') return reply.code(404).send({ code: 'NOT_FOUND', message: `There is no posting ${params.key}.` })
      if (outcome === 'not-held') return reply.code(409).send({ code: 'INVALID', message: `The posting ${params.key} is not held.` })
      log.info({ key: params.key }, 'held posting is tried again')
      return reply.code(202).send({ key: params.key, state: 'waiting' })
    },
  )
}
