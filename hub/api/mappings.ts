/** Mappings over HTTP: read as CSV, checked, imported as one version, and brought back [IDN3] [IDN4]. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { readMappingCsv, writeMappingCsv } from '../identity/mapping-csv.ts'
import { mappingLists } from '../identity/mapping-entry.ts'
import { type ImportAnswer, importMapping, isVersion, newestVersion, readEntries, restoreMapping } from '../identity/mapping-versions.ts'
import { settleWords } from '../identity/unknown-words.ts'
import { mergeWaitingLines } from '../identity/waiting-lines.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const flag = z.enum(['true', 'false']).default('false')
const name = z.string().trim().min(1).max(100)
const why = z.string().trim().min(1).max(500)

export const mappingAnswerSchema = z.object({
  outcome: z.enum(['checked', 'refused', 'unchanged', 'in-force']),
  version: z.int(),
  refused: z.int(),
  lines: z.array(z.object({ line: z.int(), outcome: z.enum(['accepted', 'unchanged', 'refused']), reason: z.string().optional() })),
})

const versionSchema = z.object({
  version: z.int(),
  madeAt: z.string(),
  by: z.string(),
  why: z.string(),
  restored: z.int().nullable(),
  entries: z.int(),
})

const maxCsvBytes = 32_000_000

export const registerMappingRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit: maxCsvBytes }, (_request, body, done) => done(null, body))

  const tookEffect = async (answer: ImportAnswer): Promise<void> => {
    if (answer.outcome !== 'in-force') return
    const moved = await mergeWaitingLines(db)
    await settleWords(db)
    log.info({ version: answer.version, moved }, 'a version of the mapping took effect')
  }

  app.get(
    '/v1/mappings',
    {
      schema: {
        summary: 'The mapping in force, or an earlier version, as CSV',
        tags: ['mappings'],
        querystring: z.strictObject({ version: z.coerce.number().int().min(0).optional(), list: z.enum(mappingLists).optional() }),
        response: { 200: z.string(), 404: errorBodySchema },
      },
    },
    async ({ query }, reply) => {
      const version = query.version ?? (await newestVersion(db))
      if (version !== 0 && !(await isVersion(db, version))) return reply.code(404).send(errorBody('NOT_FOUND', `no version ${version}`))
      const entries = await readEntries(db, version)
      // As bytes of its own type: the text is no JSON.
      return reply
        .type('text/csv; charset=utf-8')
        .serializer(String)
        .send(writeMappingCsv(entries.filter((entry) => query.list === undefined || entry.list === query.list)))
    },
  )

  app.get(
    '/v1/mappings/versions',
    {
      schema: {
        summary: 'The versions of the mapping, newest first: when, by whom and why',
        tags: ['mappings'],
        querystring: z.strictObject({ before: z.coerce.number().int().optional() }),
        response: { 200: z.object({ versions: z.array(versionSchema) }) },
      },
    },
    async ({ query }) => {
      let select = db.selectFrom('mapping_version').selectAll().orderBy('version', 'desc').limit(200)
      if (query.before !== undefined) select = select.where('version', '<', query.before)
      const rows = await select.execute()
      return {
        versions: rows.map((row) => ({
          version: row.version,
          madeAt: row.made_at.toISOString(),
          by: row.made_by,
          why: row.reason,
          restored: row.restored,
          entries: row.entries,
        })),
      }
    },
  )

  app.post(
    '/v1/mappings/import',
    {
      bodyLimit: maxCsvBytes,
      schema: {
        summary: 'Check a mapping (dryRun=true), or check it and let it take effect as one version: all lines or none',
        tags: ['mappings'],
        consumes: ['text/csv'],
        querystring: z.strictObject({ mode: z.enum(['add', 'replace']).default('add'), dryRun: flag, takeOver: flag, by: name, why }),
        body: z.string(),
        response: { 200: mappingAnswerSchema, 422: z.union([mappingAnswerSchema, errorBodySchema]) },
      },
    },
    async ({ query, body }, reply) => {
      const read = readMappingCsv(body)
      if (read.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', read.reason))
      const { mode, by } = query
      const settings = { rows: read.rows, mode, by, why: query.why, dryRun: query.dryRun === 'true', takeOver: query.takeOver === 'true' }
      const answer = await importMapping(db, settings)
      await tookEffect(answer)
      return reply.code(answer.outcome === 'refused' ? 422 : 200).send(answer)
    },
  )

  app.post(
    '/v1/mappings/versions/:version/restore',
    {
      schema: {
        summary: 'Bring an earlier version back, as a new one, if it still fits the catalogue',
        tags: ['mappings'],
        params: z.object({ version: z.coerce.number().int().min(0) }),
        body: z.strictObject({ by: name, why, dryRun: z.boolean().default(false) }),
        response: { 200: mappingAnswerSchema, 404: errorBodySchema, 422: mappingAnswerSchema },
      },
    },
    async ({ params, body }, reply) => {
      const answer = await restoreMapping(db, params.version, body)
      if (answer === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', `no version ${params.version}`))
      await tookEffect(answer)
      return reply.code(answer.outcome === 'refused' ? 422 : 200).send(answer)
    },
  )
}
