/** Who has what: how far the stores have come in each feed, and which lack one change. */
import { feedNames } from '#sync/contract/feed.ts'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { readSpread } from '../catalogue/spread.ts'
import type { Tables } from '../storage/tables.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const storeSpreadSchema = z.strictObject({
  storeId: z.string(),
  /** Where the store said it stands; null when it never reported. */
  checkpoint: z.int().nullable(),
  head: z.int(),
  missing: z.int(),
  due: z.int(),
  fastMoving: z.int(),
  since: z.string().nullable(),
  reportedAt: z.string().nullable(),
})
const spreadSchema = z.strictObject({ feed: z.enum(feedNames), words: z.string(), stores: z.array(storeSpreadSchema) })

const feedParams = z.object({ feed: z.enum(feedNames) })

export const registerSpreadRoutes = (app: HubApp, { db }: { db: Kysely<Tables> }): void => {
  app.get(
    '/v1/catalogue/spread/:feed',
    {
      schema: {
        summary: 'Which stores lack how many changes of a feed, since when, and what that means',
        tags: ['catalogue'],
        params: feedParams,
        response: { 200: spreadSchema, 422: errorBodySchema },
      },
    },
    async ({ params }) => readSpread(db, params.feed),
  )

  app.get(
    '/v1/catalogue/spread/:feed/:documentId',
    {
      schema: {
        summary: 'Which stores have one item, price or assortment entry as it is now',
        tags: ['catalogue'],
        params: feedParams.extend({ documentId: z.string().min(1).max(200) }),
        response: { 200: spreadSchema, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params }, reply) => {
      const { feed, documentId } = params
      const { rows } = await sql`select 1 from feed_entry where feed = ${feed} and document_id = ${documentId} limit 1`.execute(db)
      if (rows.length === 0) return reply.code(404).send(errorBody('NOT_FOUND', `the feed ${feed} never had a document ${documentId}`))
      return readSpread(db, feed, documentId)
    },
  )
}
