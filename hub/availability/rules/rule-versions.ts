/**
 * The numbered versions of the rules [AVL10]: one transaction ends the old ones and begins the new ones, or changes nothing. What a version
 * says never changes again.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../storage/database.ts'
import type { Tables } from '../../storage/tables.ts'
import type { Rule } from './rule.ts'
import { type CheckedLine, checkRules, type RuleFacts, type RuleImport, ruleText } from './rule-check.ts'

type Trx = Transaction<Tables>

export interface RuleChange {
  by: string
  why: string
  dryRun: boolean
}

export interface RuleAnswer {
  outcome: 'checked' | 'refused' | 'unchanged' | 'in-force'
  /** The version in force now. */
  version: number
  refused: number
  lines: CheckedLine[]
}

/** Whoever changes rules or categories. */
export const lockRules = (trx: Trx) => sql`select pg_advisory_xact_lock(hashtextextended('tideline availability rules', 0))`.execute(trx)

/** Tells whoever keeps rules and categories that they have changed. */
export const markRules = (trx: Trx) =>
  sql`insert into availability_rule_mark values (true, 1, now())
    on conflict (one) do update set mark = availability_rule_mark.mark + 1, changed_at = now()`.execute(trx)

const importWithin = async (trx: Trx, rules: Omit<RuleImport, 'inForce' | 'facts'>, change: RuleChange, restored: number | null) => {
  const version = await newestRuleVersion(trx)
  const inForce = await readRules(trx, version)
  const { lines, refused, rules: all } = checkRules({ ...rules, inForce, facts: await readFacts(trx) })
  return settle(trx, { version, inForce, all, lines, refused }, change, restored)
}

interface Settling {
  version: number
  inForce: readonly Rule[]
  all: readonly Rule[]
  lines: CheckedLine[]
  refused: number
}

const settle = async (
  trx: Trx,
  { version, inForce, all, lines, refused }: Settling,
  change: RuleChange,
  restored: number | null,
): Promise<RuleAnswer> => {
  const answer = { version, refused, lines }
  if (refused > 0) return { ...answer, outcome: 'refused' }
  if (change.dryRun) return { ...answer, outcome: 'checked' }
  const [were, are] = [new Set(inForce.map(ruleText)), new Set(all.map(ruleText))]
  const ended = inForce.filter((rule) => !are.has(ruleText(rule))).map(({ ruleId }) => ruleId)
  const begun = all.filter((rule) => !were.has(ruleText(rule)))
  if (ended.length === 0 && begun.length === 0) return { ...answer, outcome: 'unchanged' }
  const next = version + 1
  await trx
    .insertInto('availability_rule_version')
    .values({ version: next, made_by: change.by, reason: change.why, restored, rules: all.length })
    .execute()
  await sql`update availability_rule set until_version = ${next} where until_version is null and rule_id = any(${ended}::text[])`.execute(
    trx,
  )
  const rows = begun.map((rule) => rowOf(rule, next))
  await sql`insert into availability_rule select * from json_populate_recordset(null::availability_rule, ${JSON.stringify(rows)}::json)`.execute(
    trx,
  )
  await markRules(trx)
  return { ...answer, version: next, outcome: 'in-force' }
}

const rowOf = (rule: Rule, from_version: number): Tables['availability_rule'] => ({
  ...{ rule_id: rule.ruleId, kind: rule.kind, item_id: rule.itemId ?? null, category: rule.category ?? null },
  ...{ store_id: rule.storeId ?? null, channel: rule.channel ?? null, from_day: rule.from ?? null, until_day: rule.until ?? null },
  ...{ measure: rule.measure, amount: rule.amount, owner: rule.owner, reason: rule.reason, from_version, until_version: null },
})

export const importRules = (db: Database, rules: Omit<RuleImport, 'inForce' | 'facts'>, change: RuleChange): Promise<RuleAnswer> =>
  db.transaction().execute(async (trx) => {
    await lockRules(trx)
    return importWithin(trx, rules, change, null)
  })

export const removeRule = (db: Database, ruleId: string, change: RuleChange): Promise<RuleAnswer | 'unknown'> =>
  db.transaction().execute(async (trx) => {
    await lockRules(trx)
    const version = await newestRuleVersion(trx)
    const inForce = await readRules(trx, version)
    const all = inForce.filter((rule) => rule.ruleId !== ruleId)
    return all.length === inForce.length ? 'unknown' : settle(trx, { version, inForce, all, lines: [], refused: 0 }, change, null)
  })

/** All as it was, as a new version, if it still fits the stores and items of today. */
export const restoreRules = (db: Database, version: number, change: RuleChange): Promise<RuleAnswer | 'unknown'> =>
  db.transaction().execute(async (trx) => {
    await lockRules(trx)
    if (version !== 0 && !(await isRuleVersion(trx, version))) return 'unknown'
    const rows = (await readRules(trx, version)).map((row, index) => ({ line: index + 2, row }))
    return importWithin(trx, { rows, mode: 'replace', takeOver: true }, change, version)
  })

export const newestRuleVersion = async (db: Kysely<Tables>): Promise<number> => {
  const row = await db.selectFrom('availability_rule_version').select('version').orderBy('version', 'desc').limit(1).executeTakeFirst()
  return row?.version ?? 0
}

export const isRuleVersion = async (db: Kysely<Tables>, version: number): Promise<boolean> =>
  (await db.selectFrom('availability_rule_version').select('version').where('version', '=', version).executeTakeFirst()) !== undefined

/** As of a version, in the order of their names. What the schema let in is not read again. */
export const readRules = async (db: Kysely<Tables>, version: number): Promise<Rule[]> => {
  const rows = await db
    .selectFrom('availability_rule')
    .selectAll()
    .where('from_version', '<=', version)
    .where((eb) => eb.or([eb('until_version', 'is', null), eb('until_version', '>', version)]))
    .orderBy(sql`rule_id collate "C"`)
    .execute()
  return rows.map(({ rule_id: ruleId, kind, measure, amount, owner, reason, ...named }) => ({
    ...{ ruleId, kind },
    ...(named.item_id === null ? {} : { itemId: named.item_id }),
    ...(named.category === null ? {} : { category: named.category }),
    ...(named.store_id === null ? {} : { storeId: named.store_id }),
    ...(named.channel === null ? {} : { channel: named.channel }),
    ...(named.from_day === null ? {} : { from: named.from_day }),
    ...(named.until_day === null ? {} : { until: named.until_day }),
    ...{ measure, amount, owner, reason },
  }))
}

const readFacts = async (trx: Trx): Promise<RuleFacts> => {
  const stores = await trx.selectFrom('store').select('store_id').execute()
  const items = await trx.selectFrom('item').select('item_id').execute()
  const categories = await trx.selectFrom('item_category').select('category').distinct().execute()
  return {
    storeIds: new Set(stores.map((row) => row.store_id)),
    itemIds: new Set(items.map((row) => row.item_id)),
    categories: new Set(categories.map((row) => row.category)),
  }
}
