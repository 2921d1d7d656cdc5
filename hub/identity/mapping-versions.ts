/**
 * The mapping's numbered versions [IDN4]. An entry is in force from one version until another; one transaction ends the old entries and
 * begins the new ones, or changes nothing.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { readBarcode } from './barcode.ts'
import { readLayouts } from './identities.ts'
import { type CatalogueFacts, type CheckedLine, checkMapping, type MappingImport } from './mapping-check.ts'
import type { ReadRow } from './mapping-csv.ts'
import { type MappingEntry, mappingRowSchema, placeOf } from './mapping-entry.ts'
import { patternsOf } from './resolve.ts'

export interface ImportSettings extends Pick<MappingImport, 'rows' | 'mode' | 'takeOver'> {
  by: string
  why: string
  dryRun: boolean
  restores?: number
}

export interface ImportAnswer {
  outcome: 'checked' | 'refused' | 'unchanged' | 'in-force'
  /** The version in force now. */
  version: number
  lines: CheckedLine[]
  refused: number
}

export const importMapping = (db: Database, settings: ImportSettings): Promise<ImportAnswer> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tideline mapping', 0))`.execute(trx)
    const version = await newestVersion(trx)
    const inForce = await readEntries(trx, version)
    const { lines, refused, entries } = checkMapping({ ...settings, inForce, catalogue: await readCatalogueFacts(trx) })
    const answer = { version, lines, refused }
    if (refused > 0) return { ...answer, outcome: 'refused' }
    if (settings.dryRun) return { ...answer, outcome: 'checked' }
    const { ended, begun } = differenceOf(inForce, entries)
    if (ended.length === 0 && begun.length === 0) return { ...answer, outcome: 'unchanged' }
    await makeVersion(trx, version + 1, settings, entries.length)
    await endEntries(trx, version + 1, ended)
    await beginEntries(trx, version + 1, begun)
    return { ...answer, version: version + 1, outcome: 'in-force' }
  })

/** Everything as it was, checked against the catalogue of today, as a new version. */
export const restoreMapping = async (
  db: Database,
  version: number,
  settings: Pick<ImportSettings, 'by' | 'why' | 'dryRun'>,
): Promise<ImportAnswer | 'unknown'> => {
  if (version !== 0 && !(await isVersion(db, version))) return 'unknown'
  const rows = (await readEntries(db, version)).map(({ key: _key, itemId: _itemId, ...row }, index): ReadRow => ({ line: index + 2, row }))
  return importMapping(db, { ...settings, rows, mode: 'restore', takeOver: true, restores: version })
}

export const newestVersion = async (db: Kysely<Tables>): Promise<number> => {
  const row = await db.selectFrom('mapping_version').select('version').orderBy('version', 'desc').limit(1).executeTakeFirst()
  return row?.version ?? 0
}

export const isVersion = async (db: Kysely<Tables>, version: number): Promise<boolean> =>
  (await db.selectFrom('mapping_version').select('version').where('version', '=', version).executeTakeFirst()) !== undefined

/** As of a version, in the order of their places. */
export const readEntries = async (db: Kysely<Tables>, version: number): Promise<MappingEntry[]> => {
  const rows = await db
    .selectFrom('mapping_entry')
    .selectAll()
    .where('from_version', '<=', version)
    .where((eb) => eb.or([eb('until_version', 'is', null), eb('until_version', '>', version)]))
    .orderBy('list')
    .orderBy('scope')
    .orderBy('scope_id')
    .orderBy('key')
    .execute()
  return rows.map((row) => ({
    ...mappingRowSchema.parse({
      list: row.list,
      scope: row.scope,
      scopeId: row.scope_id,
      kind: row.kind,
      code: row.code,
      target: row.target,
      unit: row.unit ?? undefined,
      owner: row.owner,
    }),
    key: row.key,
    itemId: row.item_id,
  }))
}

const readCatalogueFacts = async (trx: Transaction<Tables>): Promise<CatalogueFacts> => {
  const items = await trx.selectFrom('item').select(['item_id', 'unit', 'barcodes']).orderBy('item_id', 'desc').execute()
  const stores = await trx.selectFrom('store').select('store_id').execute()
  const categories = await trx.selectFrom('tax_rate').select('category').distinct().execute()
  const patterns = patternsOf('', await readLayouts(trx))
  const keyed = items.flatMap((item) =>
    item.barcodes.flatMap((barcode) => readBarcode(barcode, patterns).keys.map((key) => [key, item.item_id] as const)),
  )
  return {
    unitOf: new Map(items.map((item) => [item.item_id, item.unit])),
    itemIdByKey: new Map(keyed),
    storeIds: new Set(stores.map((store) => store.store_id)),
    taxCategories: new Set(categories.map(({ category }) => category)),
  }
}

/** Key order of an entry's text is fixed: equal entries have equal texts. */
const textOf = (e: MappingEntry): string =>
  JSON.stringify([e.list, e.scope, e.scopeId, e.key, e.kind, e.code, e.target, e.unit, e.owner, e.itemId])

const differenceOf = (before: readonly MappingEntry[], after: readonly MappingEntry[]) => {
  const [were, are] = [new Set(before.map(textOf)), new Set(after.map(textOf))]
  return { ended: before.filter((entry) => !are.has(textOf(entry))), begun: after.filter((entry) => !were.has(textOf(entry))) }
}

const makeVersion = (trx: Transaction<Tables>, version: number, { by, why, restores }: ImportSettings, entries: number) =>
  trx
    .insertInto('mapping_version')
    .values({ version, made_by: by, reason: why, restored: restores ?? null, entries })
    .execute()

const endEntries = (trx: Transaction<Tables>, version: number, ended: readonly MappingEntry[]) =>
  sql`update mapping_entry set until_version = ${version} where until_version is null
    and json_build_array(list, scope, scope_id, key)::jsonb in (select value from jsonb_array_elements(${JSON.stringify(
      ended.map((entry): unknown => JSON.parse(placeOf(entry))),
    )}::jsonb))`.execute(trx)

const beginEntries = (trx: Transaction<Tables>, version: number, begun: readonly MappingEntry[]) =>
  sql`insert into mapping_entry select * from json_populate_recordset(null::mapping_entry, ${JSON.stringify(
    begun.map((e) => ({
      list: e.list,
      scope: e.scope,
      scope_id: e.scopeId,
      key: e.key,
      kind: e.kind,
      code: e.code,
      target: e.target,
      unit: e.unit ?? null,
      owner: e.owner,
      item_id: e.itemId,
      from_version: version,
      until_version: null,
    })),
  )}::json)`.execute(trx)
