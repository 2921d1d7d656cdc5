/** The tax master over HTTP: rates as CSV, checked and imported, and each store's jurisdiction [IDN10] [IDN11]. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Database } from '../storage/database.ts'
import { jurisdictionSchema } from '../tax/rate.ts'
import { readTaxRateCsv, writeTaxRateCsv } from '../tax/rate-check.ts'
import { importTaxRates, readJurisdiction, readTaxRates, setJurisdiction } from '../tax/rates.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const answerSchema = z.object({
  outcome: z.enum(['checked', 'refused', 'unchanged', 'in-force']),
  refused: z.int(),
  lines: z.array(z.object({ line: z.int(), outcome: z.enum(['accepted', 'unchanged', 'refused']), reason: z.string().optional() })),
})
const jurisdictionOfStore = z.strictObject({ storeId: storeIdSchema, jurisdiction: jurisdictionSchema })
const params = z.object({ storeId: storeIdSchema })

export const registerTaxRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/tax-rates',
    { schema: { summary: 'All tax rates, as CSV', tags: ['taxes'], response: { 200: z.string() } } },
    async (_request, reply) =>
      // As bytes of its own type: the text is no JSON.
      reply
        .type('text/csv; charset=utf-8')
        .serializer(String)
        .send(writeTaxRateCsv(await readTaxRates(db))),
  )

  app.post(
    '/v1/tax-rates/import',
    {
      schema: {
        summary: 'Check tax rates (dryRun=true), or check them and let them take effect: all lines or none',
        tags: ['taxes'],
        consumes: ['text/csv'],
        querystring: z.strictObject({
          mode: z.enum(['add', 'replace']).default('add'),
          dryRun: z.enum(['true', 'false']).default('false'),
          by: z.string().trim().min(1).max(100),
          why: z.string().trim().min(1).max(500),
        }),
        body: z.string(),
        response: { 200: answerSchema, 422: z.union([answerSchema, errorBodySchema]) },
      },
    },
    async ({ query, body }, reply) => {
      const read = readTaxRateCsv(body)
      if (read.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', read.reason))
      const answer = await importTaxRates(db, { ...query, rows: read.rows, dryRun: query.dryRun === 'true' })
      if (answer.outcome === 'in-force') log.info({ by: query.by, lines: answer.lines.length }, 'tax rates took effect')
      return reply.code(answer.outcome === 'refused' ? 422 : 200).send(answer)
    },
  )

  app.get(
    '/v1/stores/:storeId/tax-jurisdiction',
    {
      schema: {
        summary: 'Whose tax rates hold at a store',
        tags: ['taxes'],
        params,
        response: { 200: jurisdictionOfStore, 404: errorBodySchema },
      },
    },
    async ({ params: { storeId } }, reply) => {
      const jurisdiction = await readJurisdiction(db, storeId)
      if (jurisdiction === null) return reply.code(404).send(errorBody('NOT_FOUND', `store ${storeId} has no tax jurisdiction`))
      return reply.send({ storeId, jurisdiction })
    },
  )

  app.put(
    '/v1/stores/:storeId/tax-jurisdiction',
    {
      schema: {
        summary: 'Say whose tax rates hold at a store; its days are judged by them',
        tags: ['taxes'],
        params,
        body: z.strictObject({ jurisdiction: jurisdictionSchema }),
        response: { 200: jurisdictionOfStore, 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params: { storeId }, body: { jurisdiction } }, reply) => {
      const outcome = await setJurisdiction(db, storeId, jurisdiction)
      if (outcome === 'unknown-store') return reply.code(404).send(errorBody('NOT_FOUND', `no store ${storeId}`))
      if (outcome === 'no-rates')
        return reply.code(422).send(errorBody('INVALID', `there is no tax rate of ${jurisdiction}: import its rates first`))
      return reply.send({ storeId, jurisdiction })
    },
  )
}
