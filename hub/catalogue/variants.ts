/** Parents and variants, as the mapping in force has them [IDN18]. */
import { type Kysely, sql } from 'kysely'
import { readAxis } from '../identity/variant-axis.ts'
import { grouped } from '../grouped.ts'
import type { Tables } from '../storage/tables.ts'

export interface Variant {
  itemId: string
  parentId: string
  /** What it is of each axis: size, colour. */
  axes: Record<string, string>
}

/** The variants among these items, and those of the parents among them; by item id. */
export const readVariants = async (db: Kysely<Tables>, itemIds: readonly string[]): Promise<Variant[]> => {
  const { rows } = await sql<{ item_id: string; parent_id: string }>`
    select code as item_id, target as parent_id from mapping_entry
    where list = 'parent' and until_version is null and (code = any(${itemIds}::text[]) or target = any(${itemIds}::text[]))
    order by code`.execute(db)
  const variants = rows.map((row) => row.item_id)
  const { rows: axes } = await sql<{ code: string; target: string }>`
    select code, target from mapping_entry
    where list = 'axis' and until_version is null and substr(code, strpos(code, ':') + 1) = any(${variants}::text[]) order by code`.execute(
    db,
  )
  const axesOf = grouped(
    axes.flatMap(({ code, target }) => {
      const read = readAxis(code)
      return read === undefined ? [] : [{ ...read, value: target }]
    }),
    ({ itemId }) => itemId,
  )
  return rows.map((row) => ({
    itemId: row.item_id,
    parentId: row.parent_id,
    axes: Object.fromEntries((axesOf.get(row.item_id) ?? []).map(({ axis, value }) => [axis, value])),
  }))
}
