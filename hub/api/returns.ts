/** Returns of more than was sold [MRG5]: what of them waits, and a person's decision. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { storeIdSchema } from '#sync/contract/vocabulary.ts'
import { decideReturns, type HeldOriginal, readHeld } from '../stock/return-decisions.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const itemSchema = z.object({ itemId: z.string(), soldMilli: z.int(), returnedMilli: z.int(), heldMilli: z.int() })

const heldSchema = z.object({
  originalKey: z.string(),
  storeId: z.string(),
  items: z.array(itemSchema),
  /** Natural keys of the receipts that returned it. */
  receipts: z.array(z.string()),
})

const bodySchema = z.strictObject({
  storeId: storeIdSchema,
  decision: z.enum(['accept', 'reject']),
  by: z.string().trim().min(1).max(100),
  why: z.string().trim().min(1).max(500),
})

const itemsOf = (items: HeldOriginal['items']): z.infer<typeof itemSchema>[] =>
  items.map(({ itemId, soldMilli, returnedMilli, openMilli }) => ({ itemId, soldMilli, returnedMilli, heldMilli: openMilli }))

export const registerReturnRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/returns/held',
    {
      schema: {
        summary: 'Sales of which more was returned than sold, with what is held out of the stock until somebody decides',
        tags: ['stock'],
        querystring: z.object({ after: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(500).default(100) }),
        response: { 200: z.object({ held: z.array(heldSchema), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const page = await readHeld(db, query)
      const held = page.filter(({ items }) => items.length > 0)
      return {
        held: held.map(({ original, items, receipts }) => ({
          ...{ originalKey: original.naturalKey, storeId: original.storeId, items: itemsOf(items), receipts },
        })),
        next: page.length < query.limit ? null : (page.at(-1)?.original.naturalKey ?? null),
      }
    },
  )

  app.post(
    '/v1/returns/:originalKey/decide',
    {
      schema: {
        summary: 'Say whether the held goods are there (accept: they are in stock from now on) or not (reject: they stay out of it)',
        tags: ['stock'],
        params: z.object({ originalKey: z.string().max(200) }),
        body: bodySchema,
        response: { 200: z.object({ items: z.array(itemSchema) }), 404: errorBodySchema },
      },
    },
    async ({ params, body }, reply) => {
      const { storeId, ...word } = body
      const items = await decideReturns(db, { original: { storeId, naturalKey: params.originalKey }, ...word })
      if (items.length === 0) return reply.code(404).send(errorBody('NOT_FOUND', 'nothing of this sale waits for a decision'))
      log.info({ originalKey: params.originalKey, decision: body.decision }, 'a person decided about a return')
      return reply.send({ items: itemsOf(items) })
    },
  )
}
