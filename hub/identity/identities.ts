/** Reads what these lines need of the mapping in force and of the catalogue. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { aliasKey, type Identities, readLine, type TillLine } from './resolve.ts'
import { readPattern } from './scale-pattern.ts'

export const readLayouts = async (db: Kysely<Tables>): Promise<Identities['layouts']> => {
  const rows = await db
    .selectFrom('mapping_entry')
    .select(['scope_id', 'code'])
    .where('list', '=', 'scale-layout')
    .where('scope', 'in', ['all', 'store'])
    .where('until_version', 'is', null)
    .execute()
  return rows.flatMap((row) => {
    const read = readPattern(row.code)
    return read.outcome === 'pattern' ? [{ storeId: row.scope_id, pattern: read.pattern }] : []
  })
}

export const readIdentities = async (db: Kysely<Tables>, lines: readonly TillLine[]): Promise<Identities> => {
  const layouts = await readLayouts(db)
  const readings = lines.map((line) => readLine(line, layouts))
  const keys = [...new Set(readings.flatMap((each) => each.keys))]
  const spellings = [...new Set(readings.flatMap((each) => each.barcode?.spellings ?? []))]
  const itemIds = [...new Set(lines.flatMap((line) => line.itemId ?? []))]
  const aliases = await sql<{ scope_id: string; key: string; item_id: string }>`
    select scope_id, key, item_id from mapping_entry
    where list = 'item' and until_version is null and scope in ('all', 'store') and key = any(${keys}::text[])`.execute(db)
  // Of two items with one barcode, the smaller number has it, as ever: it is read last.
  const items = await sql<{ item_id: string; barcodes: string[] }>`
    select item_id, barcodes from item where item_id = any(${itemIds}::text[])
    union select item_id, barcodes from item where barcodes && ${spellings}::text[]
    order by item_id desc`.execute(db)
  return {
    layouts,
    aliases: new Map(aliases.rows.map((row) => [aliasKey(row.scope_id, row.key), row.item_id])),
    itemIds: new Set(items.rows.map((row) => row.item_id)),
    itemIdByBarcode: new Map(items.rows.flatMap((row) => row.barcodes.map((barcode) => [barcode, row.item_id] as const))),
  }
}
