/** Prices as they are stated, for a zone or a store: set, corrected, withdrawn, and which is in force [PRC8] [PRC9]. */
import { amountMinorSchema, instantSchema, itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { toInstant } from '#sync/core/instant.ts'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { z } from 'zod'
import { priceLineSchema } from '../catalogue/import-lines.ts'
import { readPriceInForce, readVersions } from '../catalogue/price-answer.ts'
import { type Caution, correctPrice, statePrice, withdrawPrice } from '../catalogue/state-price.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { authorshipSchema, by, heldSchema, refusalStatus, why } from './authorship.ts'

const priceId = z.string().min(1).max(128)
const amountMinor = amountMinorSchema.min(0)

const signed = z.object({ at: z.string(), by: z.string(), why: z.string() })
const versionSchema = z.object({
  ...{ priceId: z.string(), version: z.int(), level: z.string(), place: z.string(), itemId: z.string(), amountMinor: z.int() },
  ...{ currency: z.string(), effectiveFrom: z.string(), effectiveTo: z.string().nullable(), stated: signed },
  ended: signed.extend({ as: z.string() }).nullable(),
})

const inForceSchema = z.object({
  ...{ storeId: z.string(), itemId: z.string(), at: z.string(), words: z.string() },
  price: z
    .object({
      ...{ priceId: z.string(), version: z.int(), level: z.string(), place: z.string(), amountMinor: z.int(), currency: z.string() },
      ...{ since: z.string(), until: z.string().nullable() },
    })
    .nullable(),
})

const changedSchema = z.object({
  outcome: z.enum(['created', 'known', 'corrected', 'withdrawn', 'unchanged']),
  stores: z.int().meta({ description: 'Stores whose prices changed, now or in the future' }),
})

export const registerStatedPriceRoutes = (
  app: HubApp,
  { db, log, caution = {} }: { db: Database; log: Logger; caution?: Caution },
): void => {
  app.post(
    '/v1/catalogue/prices',
    {
      schema: {
        summary: 'State a price for a zone or a store. The same priceId with the same content may be sent again.',
        tags: ['catalogue'],
        body: priceLineSchema.extend({ by, why }),
        response: {
          200: changedSchema,
          201: changedSchema,
          202: heldSchema,
          404: errorBodySchema,
          409: errorBodySchema,
          422: errorBodySchema,
        },
      },
    },
    async ({ body }, reply) => {
      const { by: author, why: reason, ...statement } = body
      const set = await statePrice(db, statement, { by: author, why: reason }, caution)
      switch (set.outcome) {
        case 'created':
          log.info({ priceId: statement.priceId, level: statement.level, place: statement.place, stores: set.stores }, 'price stated')
          return reply.code(201).send(set)
        case 'known':
          return reply.code(200).send({ outcome: 'known', stores: 0 })
        case 'held':
          return reply.code(202).send({ heldId: set.heldId, message: set.message })
        case 'conflict':
          return reply.code(409).send(errorBody('KEY_CONFLICT', `The priceId ${statement.priceId} is taken by another price.`))
        case 'refused':
          return reply.code(refusalStatus(set)).send(errorBody(set.code, set.message))
      }
    },
  )

  app.get(
    '/v1/catalogue/prices/:priceId',
    {
      schema: {
        summary: 'A stated price with all its versions, newest first: who stated, corrected and withdrew it, and why',
        tags: ['catalogue'],
        params: z.object({ priceId }),
        response: { 200: z.object({ versions: z.array(versionSchema) }), 404: errorBodySchema },
      },
    },
    async ({ params }, reply) => {
      const versions = await readVersions(db, params.priceId)
      if (versions.length === 0) return reply.code(404).send(errorBody('NOT_FOUND', `no price ${params.priceId}`))
      return { versions }
    },
  )

  app.post(
    '/v1/catalogue/prices/:priceId/correct',
    {
      schema: {
        summary: 'Correct a price before or after it began: its next version takes its place, now',
        tags: ['catalogue'],
        params: z.object({ priceId }),
        body: z.strictObject({
          amountMinor,
          effectiveFrom: instantSchema.optional().meta({ description: 'Absent: as before; a price that has begun keeps it' }),
          effectiveTo: instantSchema.nullable().optional().meta({ description: 'Absent: as before; null: without end' }),
          ...{ by, why },
        }),
        response: { 200: changedSchema.extend({ version: z.int() }), 202: heldSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const { by: author, why: reason, ...correction } = body
      const corrected = await correctPrice(db, params.priceId, correction, { by: author, why: reason }, caution)
      if (corrected.outcome === 'refused') return reply.code(refusalStatus(corrected)).send(errorBody(corrected.code, corrected.message))
      if (corrected.outcome === 'held') return reply.code(202).send({ heldId: corrected.heldId, message: corrected.message })
      if (corrected.outcome === 'corrected') log.info({ priceId: params.priceId, version: corrected.version }, 'price corrected')
      return { ...corrected, stores: corrected.outcome === 'corrected' ? corrected.stores : 0 }
    },
  )

  app.post(
    '/v1/catalogue/prices/:priceId/withdraw',
    {
      schema: {
        summary: 'Withdraw a price: before it began it never will, afterwards it ends now',
        tags: ['catalogue'],
        params: z.object({ priceId }),
        body: authorshipSchema,
        response: { 200: changedSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const withdrawn = await withdrawPrice(db, params.priceId, body)
      if (withdrawn.outcome === 'refused') return reply.code(refusalStatus(withdrawn)).send(errorBody(withdrawn.code, withdrawn.message))
      if (withdrawn.outcome === 'withdrawn') log.info({ priceId: params.priceId }, 'price withdrawn')
      return { outcome: withdrawn.outcome, stores: withdrawn.outcome === 'withdrawn' ? withdrawn.stores : 0 }
    },
  )

  app.get(
    '/v1/catalogue/price-in-force',
    {
      schema: {
        summary: 'Which price of an item is in force at a store, now or at a moment, and why, in words',
        tags: ['catalogue'],
        querystring: z.strictObject({ storeId: storeIdSchema, itemId: itemIdSchema, at: instantSchema.optional() }),
        response: { 200: inForceSchema, 404: errorBodySchema },
      },
    },
    async ({ query: { storeId, itemId, at } }, reply) => {
      const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
      const answer = await readPriceInForce(db, storeId, itemId, at ?? toInstant(rows[0]?.now.getTime() ?? 0))
      return answer ?? reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
    },
  )
}
