/** The rules in force and the categories of items, kept by the process as long as the database's mark of them is the same. */
import type { Kysely } from 'kysely'
import type { Tables } from '../../storage/tables.ts'
import { readCategories } from './item-categories.ts'
import { bookOf, type RuleBook } from './rule-order.ts'
import { newestRuleVersion, readRules } from './rule-versions.ts'

export interface RulesInForce {
  book: RuleBook
  categoryOf: ReadonlyMap<string, string>
}

const kept = new WeakMap<object, { mark: string; rules: RulesInForce }>()

/** `keptFor` is the database, also within its transaction. What is read may be newer than the mark; the next look then reads it again. */
export const rulesInForce = async (db: Kysely<Tables>, mark: string, keptFor: object): Promise<RulesInForce> => {
  const known = kept.get(keptFor)
  if (known?.mark === mark) return known.rules
  const book = bookOf(await readRules(db, await newestRuleVersion(db)))
  const categoryOf = new Map((await readCategories(db)).map(({ itemId, category }) => [itemId, category]))
  const rules = { book, categoryOf }
  kept.set(keptFor, { mark, rules })
  return rules
}
