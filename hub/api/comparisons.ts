/** What the comparisons of store and hub found, a row for each business day of each life of a journal. */
import { businessDaySchema } from '#sync/contract/vocabulary.ts'
import { z } from 'zod'
import type { Database } from '../storage/database.ts'
import { errorBodySchema, type HubApp } from './app.ts'

const comparisonSchema = z.object({
  businessDay: z.string(),
  deviceId: z.string(),
  incarnation: z.string(),
  comparedAt: z.string(),
  outcome: z.enum(['agrees', 'waiting', 'lacks', 'differs']),
  /** Transactions that the log holds under the day's numbers. */
  count: z.int(),
  digest: z.string(),
  /** Records that were missing here and that the store sent again, ever. */
  filledIn: z.int(),
})

export const registerComparisonRoutes = (app: HubApp, { db }: { db: Database }): void => {
  app.get(
    '/v1/stores/:storeId/comparisons',
    {
      schema: {
        summary: 'Business days as they were last compared with the store, newest first',
        params: z.object({ storeId: z.string().max(32) }),
        querystring: z.object({
          before: businessDaySchema.optional(),
          outcome: comparisonSchema.shape.outcome.optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
        response: { 200: z.object({ comparisons: z.array(comparisonSchema) }), 422: errorBodySchema },
      },
    },
    async ({ params: { storeId }, query: { before, outcome, limit } }) => {
      let select = db.selectFrom('day_comparison').selectAll().where('store_id', '=', storeId)
      if (before !== undefined) select = select.where('business_day', '<', before)
      if (outcome !== undefined) select = select.where('outcome', '=', outcome)
      const rows = await select.orderBy('business_day', 'desc').orderBy('device_id').orderBy('incarnation').limit(limit).execute()
      return {
        comparisons: rows.map((row) => ({
          businessDay: row.business_day,
          deviceId: row.device_id,
          incarnation: row.incarnation,
          comparedAt: row.compared_at.toISOString(),
          outcome: comparisonSchema.shape.outcome.parse(row.outcome),
          count: row.count,
          digest: row.digest,
          filledIn: row.filled_in,
        })),
      }
    },
  )
}
