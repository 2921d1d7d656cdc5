/** Prices and assortments as CSV or JSON, checked line by line, all lines or none [PRC15]. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { importCatalogue } from '../catalogue/catalogue-import.ts'
import { importKinds, readImportCsv, readImportJson } from '../catalogue/import-lines.ts'
import type { Caution } from '../catalogue/state-price.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { by, why } from './authorship.ts'

const answerSchema = z.object({
  outcome: z.enum(['checked', 'refused', 'taken']),
  ...{ accepted: z.int(), unchanged: z.int(), held: z.int(), refused: z.int() },
  lines: z.array(z.object({ line: z.int(), outcome: z.enum(['accepted', 'unchanged', 'held', 'refused']), reason: z.string().optional() })),
})

const maxBytes = 8_000_000
const maxLines = 5_000

/** The parser of text/csv is the application's: see `mappings.ts`. */
export const registerCatalogueImportRoutes = (app: HubApp, { db, log, caution }: { db: Database; log: Logger; caution: Caution }): void => {
  app.post(
    '/v1/catalogue/import',
    {
      bodyLimit: maxBytes,
      schema: {
        summary: 'Check prices or assortment entries line by line (dryRun=true), or take them: all lines or none; doubtful prices are held',
        tags: ['catalogue'],
        consumes: ['text/csv', 'application/json'],
        querystring: z.strictObject({ kind: z.enum(importKinds), dryRun: z.enum(['true', 'false']).default('false'), by, why }),
        body: z.union([z.string(), z.strictObject({ rows: z.array(z.unknown()) })]),
        response: { 200: answerSchema, 422: z.union([answerSchema, errorBodySchema]) },
      },
    },
    async ({ query, body }, reply) => {
      const { kind } = query
      const read = typeof body === 'string' ? readImportCsv(kind, body) : readImportJson(kind, body.rows)
      if (read.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', read.reason))
      if (read.lines.length > maxLines)
        return reply.code(422).send(errorBody('INVALID', `${read.lines.length} lines are more than the ${maxLines} that one import takes`))
      const author = { by: query.by, why: query.why }
      const answer = await importCatalogue(db, { kind, lines: read.lines, author, caution, isDryRun: query.dryRun === 'true' })
      if (answer.outcome === 'taken') log.info({ kind, accepted: answer.accepted, held: answer.held }, 'an import was taken')
      return reply.code(answer.outcome === 'refused' ? 422 : 200).send(answer)
    },
  )
}
