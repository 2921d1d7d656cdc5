/** Assortments by store and cluster, with dates [PRC13]. */
import { itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import { putCluster, stateListing, withdrawListing } from '../catalogue/assortments.ts'
import { listingLineSchema } from '../catalogue/import-lines.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { authorshipSchema, by, refusalStatus, why } from './authorship.ts'

const clusterId = z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, 'at most 32 letters, digits, dots, hyphens and underscores')
const entryId = z.string().min(1).max(128)

const entrySchema = z.object({
  ...{ entryId: z.string(), level: z.string(), place: z.string(), itemId: z.string(), listedFrom: z.string() },
  ...{ listedTo: z.string().nullable(), by: z.string(), why: z.string(), withdrawnAt: z.string().nullable() },
})

const changedSchema = z.object({
  outcome: z.enum(['created', 'known', 'withdrawn', 'unchanged']),
  stores: z.int().meta({ description: 'Stores whose assortment changed now' }),
})

export const registerAssortmentRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/assortments',
    {
      schema: {
        summary: 'Assortment entries of an item, or of a cluster or store, by entry id',
        tags: ['catalogue'],
        querystring: z.strictObject({
          itemId: itemIdSchema.optional(),
          place: z.string().max(32).optional(),
          after: z.string().max(128).optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(200),
        }),
        response: { 200: z.object({ entries: z.array(entrySchema) }) },
      },
    },
    async ({ query }) => {
      let select = db.selectFrom('assortment_entry').selectAll().orderBy('entry_id').limit(query.limit)
      if (query.itemId !== undefined) select = select.where('item_id', '=', query.itemId)
      if (query.place !== undefined) select = select.where('place', '=', query.place)
      if (query.after !== undefined) select = select.where('entry_id', '>', query.after)
      const rows = await select.execute()
      return {
        entries: rows.map((row) => ({
          ...{ entryId: row.entry_id, level: row.level, place: row.place, itemId: row.item_id, by: row.stated_by, why: row.reason },
          ...{ listedFrom: row.listed_from.toISOString(), listedTo: row.listed_to?.toISOString() ?? null },
          withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
        })),
      }
    },
  )

  app.post(
    '/v1/assortments',
    {
      schema: {
        summary: 'List an item for a cluster or a store from a date on, or between two. The same entry may be sent again.',
        tags: ['catalogue'],
        body: listingLineSchema.extend({ by, why }),
        response: { 200: changedSchema, 201: changedSchema, 404: errorBodySchema, 409: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ body }, reply) => {
      const { by: author, why: reason, ...statement } = body
      const stated = await stateListing(db, statement, { by: author, why: reason })
      switch (stated.outcome) {
        case 'created':
          log.info({ entryId: statement.entryId, level: statement.level, place: statement.place }, 'assortment entry stated')
          return reply.code(201).send(stated)
        case 'known':
          return reply.code(200).send({ outcome: 'known', stores: 0 })
        case 'conflict':
          return reply.code(409).send(errorBody('KEY_CONFLICT', `The entryId ${statement.entryId} is taken by another entry.`))
        case 'refused':
          return reply.code(refusalStatus(stated)).send(errorBody(stated.code, stated.message))
      }
    },
  )

  app.post(
    '/v1/assortments/:entryId/withdraw',
    {
      schema: {
        summary: 'Withdraw an assortment entry: what else is stated decides at once',
        tags: ['catalogue'],
        params: z.object({ entryId }),
        body: authorshipSchema,
        response: { 200: changedSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const withdrawn = await withdrawListing(db, params.entryId, body)
      if (withdrawn.outcome === 'refused') return reply.code(refusalStatus(withdrawn)).send(errorBody(withdrawn.code, withdrawn.message))
      return { outcome: withdrawn.outcome, stores: withdrawn.outcome === 'withdrawn' ? withdrawn.stores : 0 }
    },
  )

  app.put(
    '/v1/clusters/:clusterId',
    {
      schema: {
        summary: 'A cluster with all of its stores; those that join or leave have its assortment, or not, at once',
        tags: ['catalogue'],
        params: z.object({ clusterId }),
        body: z.strictObject({ name: z.string().trim().min(1).max(200), storeIds: z.array(storeIdSchema).max(5_000), by, why }),
        response: { 200: z.object({ joined: z.int(), left: z.int(), listings: z.int() }), 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params, body: { by: author, why: reason, ...cluster } }, reply) => {
      const put = await putCluster(db, { ...params, ...cluster }, { by: author, why: reason })
      if (put.outcome === 'refused') return reply.code(refusalStatus(put)).send(errorBody(put.code, put.message))
      const { joined, left, listings } = put
      log.info({ ...params, joined, left, listings }, 'a cluster was put')
      return { joined, left, listings }
    },
  )

  app.get(
    '/v1/clusters',
    {
      schema: {
        summary: 'Clusters and their stores',
        tags: ['catalogue'],
        response: {
          200: z.object({ clusters: z.array(z.object({ clusterId: z.string(), name: z.string(), storeIds: z.array(z.string()) })) }),
        },
      },
    },
    async () => {
      const clusters = await db.selectFrom('cluster').selectAll().orderBy('cluster_id').execute()
      const stores = await db.selectFrom('cluster_store').selectAll().where('left_at', 'is', null).orderBy('store_id').execute()
      return {
        clusters: clusters.map((row) => ({
          ...{ clusterId: row.cluster_id, name: row.name },
          storeIds: stores.filter((each) => each.cluster_id === row.cluster_id).map((each) => each.store_id),
        })),
      }
    },
  )
}
