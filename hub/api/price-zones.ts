/** Price zones: which stores are in which, and moving them [PRC10]. */
import { currencySchema, instantSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { moveStores, putZone } from '../catalogue/zones.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { by, refusalStatus, why } from './authorship.ts'

export const zoneIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, 'at most 32 letters, digits, dots, hyphens and underscores')
const zoneSchema = z.strictObject({ zoneId: zoneIdSchema, name: z.string().trim().min(1).max(200), currency: currencySchema })
const memberSchema = z.object({
  storeId: z.string(),
  zoneId: z.string(),
  joinsAt: z.string(),
  leavesAt: z.string().nullable(),
  by: z.string(),
  why: z.string(),
})

export const registerPriceZoneRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/price-zones',
    {
      schema: {
        summary: 'Price zones, and which stores were, are and will be in them',
        tags: ['catalogue'],
        response: { 200: z.object({ zones: z.array(zoneSchema), members: z.array(memberSchema) }) },
      },
    },
    async () => {
      const zones = await db.selectFrom('price_zone').selectAll().orderBy('zone_id').execute()
      const members = await db
        .selectFrom('price_zone_member')
        .selectAll()
        .where('voided_at', 'is', null)
        .orderBy('store_id')
        .orderBy('joins_at')
        .execute()
      return {
        zones: zones.map((row) => zoneSchema.parse({ zoneId: row.zone_id, name: row.name, currency: row.currency })),
        members: members.map((row) => ({
          ...{ storeId: row.store_id, zoneId: row.zone_id, joinsAt: row.joins_at.toISOString() },
          ...{ leavesAt: row.leaves_at?.toISOString() ?? null, by: row.stated_by, why: row.reason },
        })),
      }
    },
  )

  app.put(
    '/v1/price-zones/:zoneId',
    {
      schema: {
        summary: 'Create a price zone, or rename it',
        tags: ['catalogue'],
        params: z.object({ zoneId: zoneIdSchema }),
        body: zoneSchema.omit({ zoneId: true }),
        response: { 200: zoneSchema, 201: zoneSchema, 409: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const zone = { ...params, ...body }
      const outcome = await putZone(db, zone)
      if (outcome === 'other-currency')
        return reply.code(409).send(errorBody('INVALID', `zone ${zone.zoneId} has another currency, and keeps it`))
      return reply.code(outcome === 'created' ? 201 : 200).send(zone)
    },
  )

  app.post(
    '/v1/price-zones/moves',
    {
      schema: {
        summary: 'Move stores into a zone, or out of theirs (zoneId null), now or from a moment on; their prices follow at once',
        tags: ['catalogue'],
        body: z.strictObject({
          storeIds: z.array(storeIdSchema).min(1).max(1_000),
          zoneId: zoneIdSchema.nullable(),
          from: instantSchema.optional(),
          ...{ by, why },
        }),
        response: {
          200: z.object({ outcome: z.enum(['moved', 'unchanged']), stores: z.int(), prices: z.int() }),
          404: errorBodySchema,
          422: errorBodySchema,
        },
      },
    },
    async ({ body: { from, ...move } }, reply) => {
      const moved = await moveStores(db, { ...move, from: from === undefined ? undefined : new Date(from) })
      if (moved.outcome === 'refused') return reply.code(refusalStatus(moved)).send(errorBody(moved.code, moved.message))
      const { stores, prices } = moved.outcome === 'moved' ? moved : { stores: 0, prices: 0 }
      if (stores > 0) log.info({ zoneId: move.zoneId, stores, prices }, 'stores moved between price zones')
      return reply.code(200).send({ outcome: moved.outcome, stores, prices })
    },
  )
}
