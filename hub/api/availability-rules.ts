/** The merchant's rules over HTTP: read, checked, imported as one version, brought back; and the categories of items [AVL10]. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { importCategories, readCategories } from '../availability/rules/item-categories.ts'
import { ruleFields, ruleIdSchema, ruleSchema } from '../availability/rules/rule.ts'
import { itemCategorySchema, readCategoryCsv, readRuleCsv, writeCategoryCsv, writeRuleCsv } from '../availability/rules/rule-csv.ts'
import {
  importRules,
  isRuleVersion,
  newestRuleVersion,
  readRules,
  removeRule,
  restoreRules,
  type RuleAnswer,
} from '../availability/rules/rule-versions.ts'
import { issueWords, type TableReading } from '../csv-table.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const flag = z.enum(['true', 'false']).default('false')
const change = { by: z.string().trim().min(1).max(100), why: z.string().trim().min(1).max(500), dryRun: flag }
const format = z.enum(['json', 'csv']).default('json')
const mode = z.enum(['add', 'replace']).default('add')
const maxBytes = 32_000_000
const tags = ['availability']

const lines = z.array(z.object({ line: z.int(), outcome: z.enum(['accepted', 'unchanged', 'refused']), reason: z.string().optional() }))
const outcome = z.enum(['checked', 'refused', 'unchanged', 'in-force'])
const answerSchema = z.object({ outcome, version: z.int(), refused: z.int(), lines })
const categoryAnswerSchema = z.object({ outcome, refused: z.int(), lines })

const versionSchema = z.object({
  ...{ version: z.int(), madeAt: z.string(), by: z.string(), why: z.string() },
  ...{ restored: z.int().nullable(), rules: z.int() },
})

/** Of a list in JSON the first line is its first entry; each is read by itself, as the lines of a file are. */
const readList = <Row>(list: readonly unknown[], schema: z.ZodType<Row>): TableReading<Row> => ({
  outcome: 'rows',
  rows: list.map((each, index) => {
    const parsed = schema.safeParse(each)
    return parsed.success ? { line: index + 1, row: parsed.data } : { line: index + 1, refused: issueWords(parsed.error) }
  }),
})

const listIn = (key: 'rules' | 'items') =>
  z.union([z.string(), z.strictObject({ [key]: z.array(z.record(z.string(), z.unknown())).max(100_000) })])

const list = (body: string | Record<string, unknown>, key: 'rules' | 'items'): readonly unknown[] | string =>
  typeof body === 'string' ? body : ((body[key] as unknown[] | undefined) ?? [])

export const registerAvailabilityRuleRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  if (!app.hasContentTypeParser('text/csv'))
    app.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit: maxBytes }, (_request, body, done) => done(null, body))

  const told = (answer: RuleAnswer, by: string): 200 | 422 => {
    if (answer.outcome === 'in-force') log.info({ version: answer.version, by }, 'a version of the availability rules took effect')
    return answer.outcome === 'refused' ? 422 : 200
  }
  const response = { 200: answerSchema, 404: errorBodySchema, 422: z.union([answerSchema, errorBodySchema]) }

  app.get(
    '/v1/availability/rules',
    {
      schema: {
        ...{ summary: 'The rules in force, or those of an earlier version, as JSON or CSV', tags },
        querystring: z.strictObject({ version: z.coerce.number().int().min(0).optional(), format }),
        response: { 200: z.union([z.string(), z.object({ version: z.int(), rules: z.array(ruleSchema) })]), 404: errorBodySchema },
      },
    },
    async ({ query }, reply) => {
      const version = query.version ?? (await newestRuleVersion(db))
      if (version !== 0 && !(await isRuleVersion(db, version))) return reply.code(404).send(errorBody('NOT_FOUND', `no version ${version}`))
      const rules = await readRules(db, version)
      if (query.format === 'json') return reply.send({ version, rules: z.array(ruleSchema).parse(rules) })
      return reply.type('text/csv; charset=utf-8').serializer(String).send(writeRuleCsv(rules))
    },
  )

  app.get(
    '/v1/availability/rules/versions',
    {
      schema: {
        ...{ summary: 'The versions of the rules, newest first: when, by whom and why', tags },
        querystring: z.strictObject({ before: z.coerce.number().int().optional() }),
        response: { 200: z.object({ versions: z.array(versionSchema) }) },
      },
    },
    async ({ query }) => {
      let select = db.selectFrom('availability_rule_version').selectAll().orderBy('version', 'desc').limit(200)
      if (query.before !== undefined) select = select.where('version', '<', query.before)
      const versions = (await select.execute()).map(({ made_at, made_by: by, reason: why, ...row }) => ({
        ...row,
        ...{ madeAt: made_at.toISOString(), by, why },
      }))
      return { versions }
    },
  )

  app.post(
    '/v1/availability/rules/import',
    {
      bodyLimit: maxBytes,
      schema: {
        ...{ summary: 'Check rules (dryRun=true), or check them and let them take effect as one version: all lines or none', tags },
        consumes: ['text/csv', 'application/json'],
        querystring: z.strictObject({ ...change, mode, takeOver: flag }),
        body: listIn('rules'),
        response,
      },
    },
    async ({ query, body }, reply) => {
      const given = list(body, 'rules')
      const read = typeof given === 'string' ? readRuleCsv(given) : readList(given, ruleSchema)
      if (read.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', read.reason))
      const { by, why, dryRun, takeOver } = query
      const rules = { rows: read.rows, mode: query.mode, takeOver: takeOver === 'true' }
      const answer = await importRules(db, rules, { by, why, dryRun: dryRun === 'true' })
      return reply.code(told(answer, by)).send(answer)
    },
  )

  const params = z.strictObject({ ruleId: ruleIdSchema })
  const { ruleId: _ruleId, ...ruleBody } = ruleFields
  app.put(
    '/v1/availability/rules/:ruleId',
    {
      schema: {
        ...{ summary: 'Set one rule, as a version of its own', tags, params, response },
        querystring: z.strictObject({ ...change, takeOver: flag }),
        body: z.strictObject(ruleBody),
      },
    },
    async ({ params: { ruleId }, query, body }, reply) => {
      const { rows } = { rows: [], ...readList([{ ...body, ruleId }], ruleSchema) }
      const { by, why, dryRun } = query
      const rules = { rows, mode: 'add' as const, takeOver: query.takeOver === 'true' }
      const answer = await importRules(db, rules, { by, why, dryRun: dryRun === 'true' })
      return reply.code(told(answer, by)).send(answer)
    },
  )

  app.delete(
    '/v1/availability/rules/:ruleId',
    { schema: { summary: 'End one rule, as a version of its own', tags, params, response, querystring: z.strictObject(change) } },
    async ({ params: { ruleId }, query: { by, why, dryRun } }, reply) => {
      const answer = await removeRule(db, ruleId, { by, why, dryRun: dryRun === 'true' })
      if (answer === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', `There is no rule ${ruleId} in force.`))
      return reply.code(told(answer, by)).send(answer)
    },
  )

  app.post(
    '/v1/availability/rules/versions/:version/restore',
    {
      schema: {
        ...{ summary: 'Bring the rules of an earlier version back, as a new one', tags, response },
        params: z.strictObject({ version: z.coerce.number().int().min(0) }),
        querystring: z.strictObject(change),
      },
    },
    async ({ params: { version }, query: { by, why, dryRun } }, reply) => {
      const answer = await restoreRules(db, version, { by, why, dryRun: dryRun === 'true' })
      if (answer === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', `no version ${version}`))
      return reply.code(told(answer, by)).send(answer)
    },
  )

  app.get(
    '/v1/availability/categories',
    {
      schema: {
        ...{ summary: 'The category of each item that has one, as JSON or CSV', tags, querystring: z.strictObject({ format }) },
        response: { 200: z.union([z.string(), z.object({ items: z.array(z.object({ itemId: z.string(), category: z.string() })) })]) },
      },
    },
    async ({ query }, reply) => {
      const items = await readCategories(db)
      if (query.format === 'json') return reply.send({ items })
      return reply.type('text/csv; charset=utf-8').serializer(String).send(writeCategoryCsv(items))
    },
  )

  app.post(
    '/v1/availability/categories/import',
    {
      bodyLimit: maxBytes,
      schema: {
        ...{ summary: 'Put items into categories: all lines or none', tags, consumes: ['text/csv', 'application/json'] },
        querystring: z.strictObject({ dryRun: flag, mode }),
        body: listIn('items'),
        response: { 200: categoryAnswerSchema, 422: z.union([categoryAnswerSchema, errorBodySchema]) },
      },
    },
    async ({ query, body }, reply) => {
      const given = list(body, 'items')
      const read = typeof given === 'string' ? readCategoryCsv(given) : readList(given, itemCategorySchema)
      if (read.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', read.reason))
      const answer = await importCategories(db, { rows: read.rows, mode: query.mode, dryRun: query.dryRun === 'true' })
      return reply.code(answer.outcome === 'refused' ? 422 : 200).send(answer)
    },
  )
}
