/** Prices that can hardly be meant, and what a person says of them [PRC11]. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { decideHeld, readHeldPrices } from '../catalogue/held-decision.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'
import { authorshipSchema, refusalStatus } from './authorship.ts'

const heldPriceSchema = z.object({
  heldId: z.int(),
  origin: z.enum(['erp', 'operator']),
  ...{ itemId: z.string(), kind: z.string(), message: z.string(), state: z.string(), heldAt: z.string() },
  ...{ decidedAt: z.string().nullable(), decidedBy: z.string().nullable(), decidedWhy: z.string().nullable() },
})

export const registerHeldPriceRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/catalogue/held',
    {
      schema: {
        summary: 'Prices that wait until somebody confirms them, newest first; or what became of earlier ones',
        tags: ['catalogue'],
        querystring: z.strictObject({
          state: z.enum(['open', 'accepted', 'rejected', 'gone']).default('open'),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.object({ held: z.array(heldPriceSchema) }) },
      },
    },
    async ({ query }) => ({ held: await readHeldPrices(db, query.state, query.limit) }),
  )

  for (const verb of ['accept', 'reject'] as const)
    app.post(
      `/v1/catalogue/held/:heldId/${verb}`,
      {
        schema: {
          summary: verb === 'accept' ? 'The price is meant: it takes effect' : 'The price is not meant: the stores keep what they have',
          tags: ['catalogue'],
          params: z.object({ heldId: z.coerce.number().int().min(1) }),
          body: authorshipSchema,
          response: {
            200: z.object({ outcome: z.enum(['accepted', 'rejected']) }),
            ...{ 404: errorBodySchema, 409: errorBodySchema, 422: errorBodySchema },
          },
        },
      },
      async ({ params: { heldId }, body }, reply) => {
        const decision = await decideHeld(db, heldId, verb === 'accept', body)
        if (decision.outcome === 'unknown') return reply.code(404).send(errorBody('NOT_FOUND', `nothing is held as ${heldId}`))
        if (decision.outcome === 'decided') return reply.code(409).send(errorBody('INVALID', `it is ${decision.state} already`))
        if (decision.outcome === 'refused') return reply.code(refusalStatus(decision)).send(errorBody(decision.code, decision.message))
        log.info({ heldId, outcome: decision.outcome }, 'a held price was decided')
        return decision
      },
    )
}
