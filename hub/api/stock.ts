/** Stock for people and other systems: what stores have, why the figure is what it is, and corrections. */
import { businessDaySchema, itemIdSchema, quantityMilliSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import type { Clock } from '#sync/core/ports.ts'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Database } from '../storage/database.ts'
import { correctStock } from '../stock/corrections.ts'
import { compareStore, type StockReader, type StoreComparison } from '../stock/erp-comparison.ts'
import type { ComparedOutcome } from '../stock/erp-differences.ts'
import { wordDifference } from '../stock/erp-exceptions.ts'
import { nightOf } from '../stock/nightly-comparison.ts'
import { systemClock } from '../system-clock.ts'
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

const comparedItemSchema = z.object({ itemId: z.string(), hubMilli: milli, erpMilli: milli, inFlightMilli: milli, words: z.string() })

const comparisonSchema = z.object({
  storeId: z.string(),
  outcome: z.enum(['compared', 'merging', 'unknown-store', 'unavailable']),
  agreeing: z.int(),
  inFlight: z.int().meta({ description: 'Explained by receipts that are not posted yet' }),
  unsettled: z.int().meta({ description: 'Not judged: a posting is in doubt, or the figure moved meanwhile' }),
  differing: z.int(),
  differences: z.array(comparedItemSchema).meta({ description: 'At most 200' }),
  message: z.string().optional(),
})

const correctedSchema = z.object({ outcome: z.enum(['booked', 'duplicate']), onHandMilli: milli })

export interface StockRouteParts {
  db: Database
  log: Logger
  erp: StockReader | null
  clock?: Clock
}

const answerComparison = (comparison: StoreComparison): z.infer<typeof comparisonSchema> => {
  const { storeId, outcome } = comparison
  const items = comparison.outcome === 'compared' ? comparison.items : []
  const count = (which: ComparedOutcome): number => items.filter((item) => item.outcome === which).length
  const differences = items
    .filter((item) => item.outcome === 'differs')
    .slice(0, 200)
    .map((item) => ({ ...item, words: wordDifference(storeId, item) }))
  return {
    ...{
      storeId,
      outcome,
      agreeing: count('agrees'),
      inFlight: count('in-flight'),
      unsettled: count('unsettled'),
      differing: count('differs'),
    },
    differences,
    ...(comparison.outcome === 'unavailable' ? { message: comparison.message } : {}),
  }
}

export const registerStockRoutes = (app: HubApp, { db, log, erp, clock = systemClock }: StockRouteParts): void => {
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

  app.post(
    '/v1/stock/comparisons',
    {
      schema: {
        summary: 'Compare the stock with the ERP’s now: of one store, or of all',
        body: z.strictObject({ storeId: storeIdSchema.optional() }),
        response: { 200: z.object({ comparisons: z.array(comparisonSchema) }), 404: errorBodySchema, 409: errorBodySchema },
      },
    },
    async ({ body: { storeId } }, reply) => {
      if (!erp) return reply.code(409).send(errorBody('INVALID', 'this hub has no ERP whose stock it can read'))
      let select = db.selectFrom('store').select(['store_id', 'time_zone']).orderBy('store_id')
      if (storeId !== undefined) select = select.where('store_id', '=', storeId)
      const stores = await select.execute()
      if (storeId !== undefined && stores.length === 0) return reply.code(404).send(errorBody('NOT_FOUND', `there is no store ${storeId}`))
      const comparisons: StoreComparison[] = []
      for (const { store_id, time_zone } of stores)
        comparisons.push(await compareStore(db, erp, store_id, nightOf(clock.nowMs(), time_zone)))
      return { comparisons: comparisons.map(answerComparison) }
    },
  )
}
