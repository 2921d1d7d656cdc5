/** What is available to sell, how sure that is, and why. */
import { z } from 'zod'
import { itemIdSchema, storeIdSchema } from '#sync/contract/vocabulary.ts'
import { type Figure, readFigures } from '../availability/figures.ts'
import { grouped } from '../grouped.ts'
import { channelSchema } from '../availability/rules/rule.ts'
import { explainAvailability } from '../stock/explain-availability.ts'
import type { Database } from '../storage/database.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

/** `a=1&a=2` and `a=1` alike. */
const listOf = <T extends z.ZodType>(one: T, most: number) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(one).min(1).max(most))

/** Bounds the work of one call. */
const mostFigures = 10_000

const query = z.strictObject({
  itemId: listOf(itemIdSchema, 500),
  /** Absent: all stores. */
  storeId: listOf(storeIdSchema, 500).optional(),
  channel: channelSchema.optional(),
})

const figureSchema = z.strictObject({
  storeId: z.string(),
  availableMilli: z.int(),
  onHandMilli: z.int(),
  reservedMilli: z.int(),
  withheldMilli: z.int(),
  inTransitMilli: z.int(),
  confidencePpm: z.int(),
})

const itemSchema = z.strictObject({
  itemId: z.string(),
  /** Over the stores asked for. */
  availableMilli: z.int(),
  inTransitMilli: z.int(),
  /** The least of the stores that offer any; of all of them where none does. */
  confidencePpm: z.int(),
  stores: z.array(figureSchema),
})

const shown = (f: Figure): z.infer<typeof figureSchema> => ({
  ...{ storeId: f.storeId, availableMilli: f.availableMilli, onHandMilli: f.onHandMilli, reservedMilli: f.reservedMilli },
  ...{ withheldMilli: f.withheldMilli, inTransitMilli: f.inTransitMilli, confidencePpm: f.confidencePpm },
})

const leastSure = (figures: readonly Figure[]): number => {
  const offering = figures.filter((f) => f.availableMilli > 0)
  return Math.min(1_000_000, ...(offering.length > 0 ? offering : figures).map((f) => f.confidencePpm))
}

const summed = (itemId: string, figures: readonly Figure[]): z.infer<typeof itemSchema> => ({
  itemId,
  availableMilli: figures.reduce((sum, f) => sum + f.availableMilli, 0),
  inTransitMilli: figures.reduce((sum, f) => sum + f.inTransitMilli, 0),
  confidencePpm: leastSure(figures),
  stores: figures.map(shown),
})

export const registerAvailabilityRoutes = (app: HubApp, { db }: { db: Database }): void => {
  const tags = ['availability']

  app.get(
    '/v1/availability',
    {
      schema: {
        ...{ summary: 'Available to sell, by item and store, with its confidence', tags, querystring: query },
        response: { 200: z.strictObject({ version: z.literal(1), at: z.string(), items: z.array(itemSchema) }), 422: errorBodySchema },
      },
    },
    async ({ query: asked }, reply) => {
      const storeIds =
        asked.storeId ?? (await db.selectFrom('store').select('store_id').orderBy('store_id').execute()).map((s) => s.store_id)
      const itemIds = [...new Set<string>(asked.itemId)]
      if (itemIds.length * storeIds.length > mostFigures)
        return reply.code(422).send(errorBody('INVALID', `at most ${mostFigures} figures (items × stores) in one call`))
      const keys = itemIds.flatMap((itemId) => [...new Set<string>(storeIds)].map((storeId) => ({ storeId, itemId })))
      const { atMs, figures } = await readFigures(db, keys, asked.channel)
      const byItem = grouped(figures, (figure) => figure.itemId)
      const items = itemIds.map((itemId) => summed(itemId, byItem.get(itemId) ?? []))
      return reply.send({ version: 1, at: new Date(atMs).toISOString(), items })
    },
  )

  const why = z.strictObject({ itemId: z.string(), storeId: z.string(), availableMilli: z.int(), at: z.string(), why: z.string() })
  app.get(
    '/v1/availability/why',
    {
      schema: {
        ...{ summary: 'Why a figure is what it is, in words', tags },
        querystring: z.strictObject({ itemId: itemIdSchema, storeId: storeIdSchema, channel: channelSchema.optional() }),
        response: { 200: why, 404: errorBodySchema },
      },
    },
    async ({ query: { itemId, storeId, channel } }, reply) => {
      const { atMs, figures } = await readFigures(db, [{ storeId, itemId }], channel)
      const [figure] = figures
      if (figure === undefined) return reply.code(404).send(errorBody('NOT_FOUND', `There is no store ${storeId}.`))
      const words = explainAvailability(figure.terms, { storeId, timeZone: figure.timeZone })
      return reply.send({ itemId, storeId, availableMilli: figure.availableMilli, at: new Date(atMs).toISOString(), why: words })
    },
  )
}
