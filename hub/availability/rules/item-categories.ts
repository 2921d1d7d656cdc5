/** Which category an item is in, for rules: one an item, or none. An import that would leave a rule in force without any item is refused. */
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../storage/database.ts'
import type { Tables } from '../../storage/tables.ts'
import type { TableRow } from '../../csv-table.ts'
import type { CheckedLine } from './rule-check.ts'
import type { ItemCategory } from './rule-csv.ts'
import { lockRules, markRules, newestRuleVersion, readRules } from './rule-versions.ts'

export interface CategoryImport {
  rows: readonly TableRow<ItemCategory>[]
  mode: 'add' | 'replace'
  dryRun: boolean
}

export interface CategoryAnswer {
  outcome: 'checked' | 'refused' | 'in-force'
  refused: number
  lines: CheckedLine[]
}

export const readCategories = async (db: Kysely<Tables>): Promise<ItemCategory[]> => {
  const rows = await db.selectFrom('item_category').selectAll().orderBy('item_id').execute()
  return rows.map(({ item_id: itemId, category }) => ({ itemId, category }))
}

const checkCategories = (rows: readonly TableRow<ItemCategory>[], before: ReadonlyMap<string, string>, itemIds: ReadonlySet<string>) => {
  const given = new Map<string, { line: number; category: string }>()
  const lines = rows.map((read): CheckedLine => {
    const { line } = read
    if ('refused' in read) return { line, outcome: 'refused', reason: read.refused }
    const { itemId, category } = read.row
    const first = given.get(itemId)
    if (first) return { line, outcome: 'refused', reason: `The item ${itemId} stands in line ${first.line} already: it has one category.` }
    given.set(itemId, { line, category })
    if (!itemIds.has(itemId)) return { line, outcome: 'refused', reason: `There is no item ${itemId} in the catalogue.` }
    return { line, outcome: before.get(itemId) === category ? 'unchanged' : 'accepted' }
  })
  return { lines, given }
}

export const importCategories = (db: Database, { rows, mode, dryRun }: CategoryImport): Promise<CategoryAnswer> =>
  db.transaction().execute(async (trx) => {
    await lockRules(trx)
    const before = new Map((await readCategories(trx)).map(({ itemId, category }) => [itemId, category]))
    const itemIds = new Set((await trx.selectFrom('item').select('item_id').execute()).map((row) => row.item_id))
    const { lines, given } = checkCategories(rows, before, itemIds)
    const after = new Map([...(mode === 'add' ? before : []), ...[...given].map(([id, { category }]) => [id, category] as const)])
    const left = new Set(after.values())
    const rules = await readRules(trx, await newestRuleVersion(trx))
    const idle = rules.find(({ category }) => category !== undefined && !left.has(category))
    const [first] = lines
    if (idle && first && first.outcome !== 'refused')
      lines[0] = {
        ...first,
        outcome: 'refused',
        reason: `With this import no item would be in “${idle.category}”, which the rule ${idle.ruleId} of ${idle.owner} names.`,
      }
    const refused = lines.filter(({ outcome }) => outcome === 'refused').length
    if (refused > 0 || dryRun) return { outcome: refused > 0 ? 'refused' : 'checked', refused, lines }
    const changed = [...after].flatMap(([item_id, category]) => (before.get(item_id) === category ? [] : [{ item_id, category }]))
    const gone = [...before.keys()].filter((itemId) => !after.has(itemId))
    await sql`delete from item_category where item_id = any(${gone}::text[])`.execute(trx)
    await sql`insert into item_category select * from json_populate_recordset(null::item_category, ${JSON.stringify(changed)}::json)
      on conflict (item_id) do update set category = excluded.category`.execute(trx)
    await markRules(trx)
    return { outcome: 'in-force', refused, lines }
  })
