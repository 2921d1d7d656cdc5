/** The stores' own prices, and what crossed between stores and centre: read, decided, and ruled for the next time. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { readOverrides } from '../overrides/read-overrides.ts'
import { resolveOverride } from '../overrides/resolve.ts'
import { overrideFields, ruleTableSchema, winners } from '../overrides/rule-table.ts'
import { readRules, setRules } from '../overrides/rules.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const overrideSchema = z.object({
  id: z.string(),
  field: z.enum(overrideFields),
  storeId: z.string(),
  itemId: z.string(),
  winner: z.enum(winners).meta({ description: 'person: it waits for somebody to decide' }),
  basis: z.string().meta({ description: 'no-conflict, rule, impossible, over (it had ended), person, or time (it ended meanwhile)' }),
  owner: z.string(),
  reason: z.string(),
  rulesVersion: z.int().nullable(),
  ruledAt: z.string(),
  decidedAt: z.string().nullable(),
  store: z.unknown().meta({ description: 'What the store said, whole' }),
  centre: z.unknown().meta({ description: 'What the centre said without the store’s knowledge, whole' }),
  words: z.string(),
})

const overridesQuery = z.strictObject({
  storeId: storeIdSchema.optional(),
  itemId: itemIdSchema.optional(),
  field: z.enum(overrideFields).optional(),
  waiting: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

const resolveBody = z.strictObject({ winner: z.enum(['store', 'centre']), reason: z.string().trim().min(1).max(300) })

const rulesSchema = z.object({ version: z.int(), setBy: z.string().nullable(), reason: z.string().nullable(), ...ruleTableSchema.shape })
const rulesBody = ruleTableSchema.extend({ by: z.string().trim().min(1).max(100), why: z.string().trim().min(1).max(500) })

export const registerOverrideRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/overrides',
    {
      schema: {
        summary: 'What stores set against the centre, and the centre against stores, with what became of it, newest first',
        tags: ['overrides'],
        querystring: overridesQuery,
        response: { 200: z.object({ overrides: z.array(overrideSchema) }) },
      },
    },
    async ({ query }) => ({ overrides: await readOverrides(db, { ...query, waiting: query.waiting === 'true' }) }),
  )

  app.post(
    '/v1/overrides/:id/resolve',
    {
      schema: {
        summary: 'Decide one that waits for a person. The same decision again changes nothing.',
        tags: ['overrides'],
        params: z.object({ id: z.string().max(600) }),
        body: resolveBody,
        response: { 200: z.object({ outcome: z.enum(['decided', 'known']) }), 404: errorBodySchema, 409: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const resolved = await resolveOverride(db, params.id, { ...body, basis: 'person' })
      if (resolved.outcome === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', 'nothing was ruled on under this id'))
      if (resolved.outcome === 'refused') return reply.code(409).send(errorBody('INVALID', resolved.message))
      if (resolved.outcome === 'decided') log.info({ override: params.id, winner: body.winner }, 'an override was decided')
      return { outcome: resolved.outcome }
    },
  )

  app.get(
    '/v1/override-rules',
    {
      schema: {
        summary:
          'Who wins where store and centre changed the same without knowing of each other; an earlier version where one is asked for',
        tags: ['overrides'],
        querystring: z.strictObject({ version: z.coerce.number().int().min(0).optional() }),
        response: { 200: rulesSchema, 404: errorBodySchema },
      },
    },
    async ({ query }, reply) => {
      const rules = await readRules(db, query.version)
      if (!rules) return reply.code(404).send(errorBody('NOT_FOUND', `there is no version ${query.version}`))
      return { version: rules.version, setBy: rules.setBy ?? null, reason: rules.reason ?? null, ...rules.table }
    },
  )

  app.put(
    '/v1/override-rules',
    {
      schema: {
        summary: 'Set the whole table, as its next version. What was ruled on before stays as it is.',
        tags: ['overrides'],
        body: rulesBody,
        response: { 200: z.object({ version: z.int() }), 422: errorBodySchema },
      },
    },
    async ({ body }, reply) => {
      const { by, why, ...table } = body
      const set = await setRules(db, table, by, why)
      if (set.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', set.flaws.join(' ')))
      log.info({ version: set.version, by }, 'rules for overrides set')
      return { version: set.version }
    },
  )
}
