/** The rules in force, kept by the process: what a version says never changes, so a look at its number says whether they are still these. */
import type { Kysely } from 'kysely'
import type { Tables } from '../../storage/tables.ts'
import { bookOf, type RuleBook } from './rule-order.ts'
import { readRules } from './rule-versions.ts'

const kept = new WeakMap<object, { rules: string; book: RuleBook }>()
const empty: RuleBook = new Map()

/** `rules` is the version's number and, after a space, when it was made: a restored database may give a number again. */
export const ruleBook = async (db: Kysely<Tables>, rules: string, keptFor: object = db): Promise<RuleBook> => {
  const version = Number(rules.split(' ', 1)[0])
  if (version === 0) return empty
  const known = kept.get(keptFor)
  if (known?.rules === rules) return known.book
  const book = bookOf(await readRules(db, version))
  kept.set(keptFor, { rules, book })
  return book
}
