/** Stock for people and other systems: what stores have, why the figure is what it is, and corrections. */
import { businessDaySchema, itemIdSchema, quantityMilliSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Database } from '../storage/database.ts'
import { correctStock } from '../stock/corrections.ts'
import { readLevels, wordLevel } from '../stock/levels.ts'
import { movementKinds } from '../stock/movement.ts'
import { readCursor, readHistory } from '../stock/movement-history.ts'
import { wordMovement } from '../stock/movement-words.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const milli = z.int().meta({ description: 'Thousandths of the item’s unit' })

const levelSchema = z.object({
  storeId: z.string(),
  itemId: z.string(),
  onHandMilli: milli,
  isNegative: z.boolean().meta({ description: 'More went out than was known to be there' }),
  inTransitMilli: milli.meta({ description: 'On its way from other stores; not sellable before it arrived' }),
  lastCount: z
    .object({
      documentId: z.string(),
      businessDay: z.string(),
      at: z.string().meta({ description: 'As the store wrote it' }),
      countedMilli: milli,
      recordId: z.string().meta({ description: 'Its place in the store’s sequence' }),
      movementsSince: z.int(),
    })
    .nullable(),
  words: z.string(),
})

const movementSchema = z.object({
  kind: z.enum(movementKinds),
  quantityMilli: milli.meta({ description: 'Of a count what was there, of all others what was added' }),
  businessDay: z.string(),
  source: z.string().meta({ description: 'Natural key of the receipt, key of the document or of the correction' }),
  lineNumber: z.int(),
  recordId: z.string().nullable().meta({ description: 'Null for what the hub itself booked' }),
  standing: z.enum(['base', 'superseded', 'counted', 'contained']),
  words: z.string(),
})

const correctionSchema = z.strictObject({
  key: z.string().min(1).max(100).meta({ description: 'The caller’s own: the same one with the same content again changes nothing' }),
  storeId: storeIdSchema,
  itemId: itemIdSchema,
  kind: z.enum(['adjustment', 'erp-correction']),
  quantityMilli: quantityMilliSchema.refine((quantity) => quantity !== 0, 'a correction by nothing'),
  businessDay: businessDaySchema,
  reason: z.string().trim().min(1).max(200),
})

const correctedSchema = z.object({ outcome: z.enum(['booked', 'duplicate']), onHandMilli: milli })

export const registerStockRoutes = (app: HubApp, { db, log }: { db: Database; log: Logger }): void => {
  app.get(
    '/v1/stock',
    {
      schema: {
        summary: 'What stores have of items, in the order of store and item',
        querystring: z.object({
          storeId: storeIdSchema.optional(),
          itemId: itemIdSchema.optional(),
          afterStoreId: storeIdSchema.optional().meta({ description: 'With afterItemId: those behind this one' }),
          afterItemId: itemIdSchema.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ stock: z.array(levelSchema) }), 422: errorBodySchema },
      },
    },
    async ({ query: { storeId, itemId, afterStoreId, afterItemId, limit } }, reply) => {
      if ((afterStoreId === undefined) !== (afterItemId === undefined))
        return reply.code(422).send(errorBody('INVALID', 'afterStoreId and afterItemId go together'))
      const after = afterStoreId === undefined || afterItemId === undefined ? undefined : { storeId: afterStoreId, itemId: afterItemId }
      const levels = await readLevels(db, { storeId, itemId, after, limit })
      return { stock: levels.map((level) => ({ ...level, isNegative: level.onHandMilli < 0, words: wordLevel(level) })) }
    },
  )

  app.get(
    '/v1/stock/movements',
    {
      schema: {
        summary: 'Why a figure is what it is: the item’s movements, newest business day first, in words',
        querystring: z.object({
          storeId: storeIdSchema,
          itemId: itemIdSchema,
          before: z.string().max(1_000).optional().meta({ description: 'The `next` of the page before' }),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
        response: { 200: z.object({ movements: z.array(movementSchema), next: z.string().nullable() }), 422: errorBodySchema },
      },
    },
    async ({ query: { storeId, itemId, before, limit } }, reply) => {
      const cursor = before === undefined ? undefined : readCursor(before)
      if (cursor === null) return reply.code(422).send(errorBody('INVALID', 'before is not a place that an earlier page gave'))
      const history = await readHistory(db, { storeId, itemId, limit, before: cursor })
      const movements = history.map((each) => {
        const { kind, quantityMilli, businessDay, naturalKey: source, lineNumber, recordId, standing } = each
        return { kind, quantityMilli, businessDay, source, lineNumber, recordId, standing, words: wordMovement(each) }
      })
      return { movements, next: history.length < limit ? null : (history.at(-1)?.cursor ?? null) }
    },
  )

  app.post(
    '/v1/stock/corrections',
    {
      schema: {
        summary: 'Book a correction of an item’s stock, once by its key',
        body: correctionSchema,
        response: { 200: correctedSchema, 201: correctedSchema, 409: errorBodySchema, 422: errorBodySchema },
      },
    },
    async ({ body }, reply) => {
      const corrected = await correctStock(db, body)
      if (corrected.outcome === 'refused') return reply.code(422).send(errorBody('INVALID', corrected.message))
      if (corrected.outcome === 'conflict') return reply.code(409).send(errorBody('KEY_CONFLICT', corrected.message))
      if (corrected.outcome === 'booked') log.info({ key: body.key, storeId: body.storeId, itemId: body.itemId }, 'stock was corrected')
      const { outcome, onHandMilli } = corrected
      return reply.code(outcome === 'booked' ? 201 : 200).send({ outcome, onHandMilli })
    },
  )
}
