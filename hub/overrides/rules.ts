/** The table of rules in the database: each version whole, with who set it and why; the newest is in force [MRG42]. */
import { type Kysely, sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Tables } from '../storage/tables.ts'
import { emptyTable, type RuleTable, ruleTableSchema, tableFlaws } from './rule-table.ts'

export interface RulesInForce {
  /** 0 before anybody set any. */
  version: number
  table: RuleTable
  setBy?: string
  reason?: string
  setAt?: Date
}

export const readRules = async (db: Kysely<Tables>, version?: number): Promise<RulesInForce | null> => {
  let select = db.selectFrom('override_rules').selectAll().orderBy('version', 'desc').limit(1)
  if (version !== undefined) select = select.where('version', '=', version)
  const row = await select.executeTakeFirst()
  if (!row) return version === undefined || version === 0 ? { version: 0, table: emptyTable } : null
  const table = ruleTableSchema.parse(JSON.parse(row.rules))
  return { version: row.version, table, setBy: row.set_by, reason: row.reason, setAt: row.set_at }
}

export type RulesSet = { outcome: 'in-force' | 'unchanged'; version: number } | { outcome: 'refused'; flaws: string[] }

export const setRules = (db: Database, table: RuleTable, by: string, reason: string): Promise<RulesSet> =>
  db.transaction().execute(async (trx): Promise<RulesSet> => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tideline override rules', 0))`.execute(trx)
    const stores = await trx.selectFrom('store').select('store_id').execute()
    const flaws = tableFlaws(table, new Set(stores.map((row) => row.store_id)))
    if (flaws.length > 0) return { outcome: 'refused', flaws }
    const newest = await readRules(trx)
    const version = newest?.version ?? 0
    const text = JSON.stringify(table)
    if (newest && text === JSON.stringify(newest.table)) return { outcome: 'unchanged', version }
    await trx
      .insertInto('override_rules')
      .values({ version: version + 1, rules: text, set_by: by, reason })
      .execute()
    return { outcome: 'in-force', version: version + 1 }
  })
