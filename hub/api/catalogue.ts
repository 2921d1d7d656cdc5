/** Prices and the catalogue's changes over HTTP; and the one way to set a price at the hub. */
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { priceSchema } from '#sync/contract/catalogue.ts'
import { errorCodeNames } from '#sync/contract/error-codes.ts'
import { feedNames } from '#sync/contract/feed.ts'
import { itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { priceDocument } from '../catalogue/documents.ts'
import { readChanges } from '../catalogue/changes.ts'
import { setPrice } from '../catalogue/prices.ts'
import type { Caution } from '../catalogue/state-price.ts'
import { registerItemRoutes } from './items.ts'
import type { Log } from '../posting/log.ts'
import { heldSchema } from './authorship.ts'
import type { Tables } from '../storage/tables.ts'
import type { HubApp } from './app.ts'

const refusalSchema = z.strictObject({ code: z.enum(errorCodeNames), message: z.string() })
const limitSchema = z.coerce.number().int().min(1).max(5_000).default(500)

const pricesQuery = z.strictObject({ storeId: storeIdSchema, itemId: itemIdSchema.optional(), limit: limitSchema })
const changesQuery = z.strictObject({
  feed: z.enum(feedNames).optional(),
  storeId: storeIdSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})

const changeSchema = z.strictObject({
  feed: z.enum(feedNames),
  scope: z.string(),
  id: z.string(),
  checkpoint: z.int(),
  deleted: z.boolean(),
  document: z.unknown(),
})

export const registerCatalogueRoutes = (
  app: HubApp,
  { db, log, caution = {} }: { db: Kysely<Tables>; log: Log; caution?: Caution },
): void => {
  registerItemRoutes(app, { db })

  app.get(
    '/v1/prices',
    {
      schema: {
        summary: "A store's prices as it has them, newest first",
        tags: ['catalogue'],
        querystring: pricesQuery,
        response: { 200: z.strictObject({ prices: z.array(priceSchema) }) },
      },
    },
    async ({ query }) => {
      let select = db
        .selectFrom('price')
        .selectAll()
        .where('store_id', '=', query.storeId)
        .where('left_feed_at', 'is', null)
        .orderBy('effective_from', 'desc')
        .orderBy('price_id')
        .limit(query.limit)
      if (query.itemId !== undefined) select = select.where('item_id', '=', query.itemId)
      return { prices: (await select.execute()).map(priceDocument) }
    },
  )

  app.post(
    '/v1/prices',
    {
      schema: {
        summary: 'Set a price from a moment on. The same priceId with the same content may be sent again.',
        tags: ['catalogue'],
        body: priceSchema,
        response: { 200: priceSchema, 201: priceSchema, 202: heldSchema, 404: refusalSchema, 409: refusalSchema, 422: refusalSchema },
      },
    },
    async ({ body }, reply) => {
      const set = await setPrice(db, body, caution)
      switch (set.outcome) {
        case 'created':
          log.info({ priceId: body.priceId, storeId: body.storeId, itemId: body.itemId, amountMinor: body.amountMinor }, 'price set')
          return reply.code(201).send(body)
        case 'known':
          return reply.code(200).send(body)
        case 'held':
          return reply.code(202).send({ heldId: set.heldId, message: set.message })
        case 'conflict':
          return reply.code(409).send({ code: 'KEY_CONFLICT', message: `The priceId ${body.priceId} is taken by another price.` })
        case 'refused':
          return reply.code(set.code === 'NOT_FOUND' ? 404 : 422).send({ code: set.code, message: set.message })
      }
    },
  )

  app.get(
    '/v1/catalogue/changes',
    {
      schema: {
        summary: 'What the stores were told last, newest first within each feed',
        tags: ['catalogue'],
        querystring: changesQuery,
        response: { 200: z.strictObject({ changes: z.array(changeSchema) }) },
      },
    },
    async ({ query }) => ({ changes: await readChanges(db, query) }),
  )
}
