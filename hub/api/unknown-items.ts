/** What tills sell and nobody knows [IDN7]: listed with the money at stake, and resolved by naming the item. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { itemIdSchema } from '#sync/contract/vocabulary.ts'
import { itemKinds } from '../identity/mapping-entry.ts'
import { importMapping } from '../identity/mapping-versions.ts'
import { mergeWaitingLines, readGroups } from '../identity/waiting-lines.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const unknownSchema = z.object({
  id: z.string(),
  storeId: z.string(),
  identifier: z.string(),
  description: z.string(),
  lines: z.int(),
  amountMinor: z.int(),
  currency: z.string(),
})

const bodySchema = z.strictObject({
  itemId: itemIdSchema,
  /** Whether this is what one store calls it, or everybody. */
  scope: z.enum(['store', 'all']).default('store'),
  owner: z.string().trim().min(1).max(64),
  by: z.string().trim().min(1).max(100),
  why: z.string().trim().min(1).max(500),
})

export const registerUnknownItemRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/unknown-items',
    {
      schema: {
        summary: 'Identifiers that neither catalogue nor mapping knows, by store, with how much waits for them',
        tags: ['mappings'],
        response: { 200: z.object({ unknown: z.array(unknownSchema) }) },
      },
    },
    async () => ({
      unknown: (await readGroups(db)).map((group) => ({
        id: group.exception_id,
        storeId: group.store_id,
        identifier: group.identifier,
        description: group.description,
        lines: group.lines,
        amountMinor: group.amount_minor,
        currency: group.currency,
      })),
    }),
  )

  app.post(
    '/v1/unknown-items/:id/resolve',
    {
      schema: {
        summary: 'Say which item it is: a version of the mapping with this one entry; all lines that wait for it move stock',
        tags: ['mappings'],
        params: z.object({ id: z.string().max(400) }),
        body: bodySchema,
        response: { 200: z.object({ version: z.int(), moved: z.int() }), 404: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const [group] = await readGroups(db, [params.id])
      if (!group) return reply.code(404).send(errorBody('NOT_FOUND', 'nothing waits under this id'))
      const at = group.identifier.indexOf(':')
      const row = {
        list: 'item' as const,
        scope: body.scope,
        scopeId: body.scope === 'store' ? group.store_id : '',
        kind: z.enum(itemKinds).parse(group.identifier.slice(0, at)),
        code: group.identifier.slice(at + 1),
        target: body.itemId,
        owner: body.owner,
      }
      const { by, why } = body
      const answer = await importMapping(db, { rows: [{ line: 1, row }], mode: 'add', takeOver: false, dryRun: false, by, why })
      if (answer.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', answer.lines[0]?.reason ?? 'refused'))
      const moved = await mergeWaitingLines(db)
      log.info({ identifier: group.identifier, itemId: body.itemId, moved }, 'an unknown item was resolved')
      return reply.send({ version: answer.version, moved })
    },
  )
}
