/** Items over HTTP, with their parents and variants [IDN18]. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { itemSchema } from '#sync/contract/catalogue.ts'
import { barcodeSchema, itemIdSchema } from '#sync/contract/vocabulary.ts'
import { itemDocument } from '../catalogue/documents.ts'
import { readVariants, type Variant } from '../catalogue/variants.ts'
import type { Tables } from '../storage/tables.ts'
import { errorBody, errorBodySchema, type HubApp } from './app.ts'

const axesSchema = z.record(z.string(), z.string())

/** What an item is among its kin; absent where it has none. */
const listedSchema = itemSchema.extend({
  parent: z.string().optional(),
  axes: axesSchema.optional(),
  variants: z.array(z.string()).optional(),
})

const shownSchema = z.strictObject({
  itemId: z.string(),
  /** Null: a parent that is no item of its own. */
  item: itemSchema.nullable(),
  parent: z.string().nullable(),
  axes: axesSchema,
  variants: z.array(z.strictObject({ itemId: z.string(), name: z.string(), axes: axesSchema })),
  /** Where the availability of all variants, or of the item itself, is asked for. */
  availability: z.string().nullable(),
})

/** GET /v1/availability takes no more at once. */
const mostItems = 500

const availabilityPath = (itemIds: readonly string[]): string | null =>
  itemIds.length > mostItems ? null : `/v1/availability?${itemIds.map((itemId) => `itemId=${encodeURIComponent(itemId)}`).join('&')}`

const listed = (item: z.infer<typeof itemSchema>, kin: readonly Variant[]): z.infer<typeof listedSchema> => {
  const own = kin.find(({ itemId }) => itemId === item.itemId)
  const variants = kin.filter(({ parentId }) => parentId === item.itemId).map(({ itemId }) => itemId)
  return {
    ...item,
    ...(own === undefined ? {} : { parent: own.parentId, axes: own.axes }),
    ...(variants.length === 0 ? {} : { variants }),
  }
}

export const registerItemRoutes = (app: HubApp, { db }: { db: Kysely<Tables> }): void => {
  app.get(
    '/v1/items',
    {
      schema: {
        summary: 'Items, by item id, with their parents and variants',
        tags: ['catalogue'],
        querystring: z.strictObject({
          barcode: barcodeSchema.optional(),
          after: z.string().max(64).optional(),
          limit: z.coerce.number().int().min(1).max(5_000).default(500),
        }),
        response: { 200: z.strictObject({ items: z.array(listedSchema) }) },
      },
    },
    async ({ query }) => {
      let select = db.selectFrom('item').selectAll().orderBy('item_id').limit(query.limit)
      if (query.after !== undefined) select = select.where('item_id', '>', query.after)
      if (query.barcode !== undefined) select = select.where(sql<boolean>`barcodes @> ${[query.barcode]}::text[]`)
      const items = (await select.execute()).map(itemDocument)
      const kin = await readVariants(
        db,
        items.map(({ itemId }) => itemId),
      )
      const kinOf = new Map<string, Variant[]>()
      for (const variant of kin) for (const id of [variant.itemId, variant.parentId]) kinOf.set(id, [...(kinOf.get(id) ?? []), variant])
      return { items: items.map((item) => listed(item, kinOf.get(item.itemId) ?? [])) }
    },
  )

  app.get(
    '/v1/items/:itemId',
    {
      schema: {
        summary: 'One item or parent, with its variants and what they differ by',
        tags: ['catalogue'],
        params: z.object({ itemId: itemIdSchema }),
        response: { 200: shownSchema, 404: errorBodySchema },
      },
    },
    async ({ params: { itemId } }, reply) => {
      const kin = await readVariants(db, [itemId])
      const own = kin.find((each) => each.itemId === itemId)
      const below = kin.filter((each) => each.parentId === itemId)
      const ids = [itemId, ...below.map((each) => each.itemId)]
      const rows = await db.selectFrom('item').selectAll().where('item_id', 'in', ids).execute()
      const items = new Map(rows.map((row) => [row.item_id, itemDocument(row)]))
      const item = items.get(itemId) ?? null
      if (item === null && below.length === 0)
        return reply.code(404).send(errorBody('NOT_FOUND', `there is no item ${itemId}, and nothing is a variant of it`))
      return reply.send({
        itemId,
        item,
        parent: own?.parentId ?? null,
        axes: own?.axes ?? {},
        variants: below.map((each) => ({ itemId: each.itemId, name: items.get(each.itemId)?.name ?? each.itemId, axes: each.axes })),
        availability: availabilityPath(below.length === 0 ? [itemId] : ids.slice(1)),
      })
    },
  )
}
