/** Full comparisons of the catalogue with the ERP, on demand, and what earlier ones found [PRC14]. */
import { z } from 'zod'
import { compareWithErp } from '../catalogue/full-comparison.ts'
import type { CataloguePullOptions } from '../catalogue/pull.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { by } from './authorship.ts'

const itemSchema = z.object({ itemId: z.string(), what: z.array(z.enum(['item', 'price', 'listed', 'no longer listed'])) })
const comparisonSchema = z.object({
  comparisonId: z.int(),
  askedBy: z.string(),
  outcome: z.enum(['compared', 'unavailable', 'overtaken']),
  looked: z.int(),
  missed: z.int().meta({ description: 'Items that increments had missed; they are put right' }),
  problems: z.int(),
  items: z.array(itemSchema).meta({ description: 'What was missed, at most 200' }),
  words: z.string(),
  comparedAt: z.string(),
})

/** Null: this hub has no ERP. */
export const registerCatalogueComparisonRoutes = (app: HubApp, { db, pull }: { db: Database; pull: CataloguePullOptions | null }): void => {
  app.post(
    '/v1/catalogue/comparisons',
    {
      schema: {
        summary: 'Compare the whole catalogue with the ERP now, and put right what increments missed',
        tags: ['catalogue'],
        body: z.strictObject({ by }),
        response: { 200: comparisonSchema, 409: errorBodySchema },
      },
    },
    async ({ body }, reply) => {
      if (!pull) return reply.code(409).send(errorBody('INVALID', 'this hub has no ERP to compare with'))
      return { ...(await compareWithErp(pull, body.by)) } as z.infer<typeof comparisonSchema>
    },
  )

  app.get(
    '/v1/catalogue/comparisons',
    {
      schema: {
        summary: 'The last full comparisons with the ERP, newest first',
        tags: ['catalogue'],
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(30) }),
        response: { 200: z.object({ comparisons: z.array(comparisonSchema) }) },
      },
    },
    async ({ query }) => {
      const rows = await db.selectFrom('catalogue_comparison').selectAll().orderBy('comparison_id', 'desc').limit(query.limit).execute()
      return {
        comparisons: rows.map((row) =>
          comparisonSchema.parse({
            ...{ comparisonId: row.comparison_id, askedBy: row.asked_by, outcome: row.outcome, looked: row.looked, missed: row.missed },
            ...{
              problems: row.problems,
              items: JSON.parse(row.items) as unknown,
              words: row.words,
              comparedAt: row.compared_at.toISOString(),
            },
          }),
        ),
      }
    },
  )
}
