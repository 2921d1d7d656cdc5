/**
 * Which rule holds: the most specific one of its kind that applies [AVL9]. What a rule names is compared in this order, and the first
 * difference decides:
 *
 *   item before category before neither · a store before all · a channel before all · both dates before one before none
 *
 * Of those that apply and are equal in all of it, no two may have a day in common (rule-check.ts). Should they all the same, the lesser name
 * holds: the answer never depends on the order in which rules stand. Pure.
 */
import type { Rule, RuleKind } from './rule.ts'

export interface RuleQuestion {
  itemId: string
  category?: string | undefined
  storeId: string
  /** Absent: for no channel in particular; only rules that name none apply. */
  channel?: string | undefined
  /** The store's day. */
  day: string
}

const hasOne = (name: string | undefined): number => (name === undefined ? 0 : 1)

export const specificityOf = ({ itemId, category, storeId, channel, from, until }: Rule): number[] => [
  2 * hasOne(itemId) + hasOne(category),
  hasOne(storeId),
  hasOne(channel),
  hasOne(from) + hasOne(until),
]

/** The more specific first. */
export const compareRules = (a: Rule, b: Rule): number => {
  const [of, other] = [specificityOf(a), specificityOf(b)]
  const at = of.findIndex((level, index) => level !== other[index])
  if (at >= 0) return (other[at] ?? 0) - (of[at] ?? 0)
  return a.ruleId < b.ruleId ? -1 : a.ruleId > b.ruleId ? 1 : 0
}

export const appliesTo = (rule: Rule, { itemId, category, storeId, channel, day }: RuleQuestion): boolean =>
  (rule.itemId === undefined || rule.itemId === itemId) &&
  (rule.category === undefined || rule.category === category) &&
  (rule.storeId === undefined || rule.storeId === storeId) &&
  (rule.channel === undefined || rule.channel === channel) &&
  (rule.from === undefined || rule.from <= day) &&
  (rule.until === undefined || day <= rule.until)

const placeText = (kind: RuleKind, subject: string, id: string, storeId: string): string => `${kind}\n${subject}\n${id}\n${storeId}`

/** Rules by what they name of item, category and store, each place in the order of `compareRules`. */
export type RuleBook = ReadonlyMap<string, readonly Rule[]>

export const bookOf = (rules: readonly Rule[]): RuleBook => {
  const book = new Map<string, Rule[]>()
  for (const rule of rules.toSorted(compareRules)) {
    const { kind, itemId, category, storeId } = rule
    const subject = itemId === undefined ? (category === undefined ? 'all' : 'category') : 'item'
    const place = placeText(kind, subject, itemId ?? category ?? '', storeId ?? '')
    const there = book.get(place)
    if (there === undefined) book.set(place, [rule])
    else there.push(rule)
  }
  return book
}

export const ruleFor = (book: RuleBook, kind: RuleKind, question: RuleQuestion): Rule | undefined => {
  if (book.size === 0) return undefined
  const { itemId, category, storeId } = question
  const subjects = [['item', itemId], ...(category === undefined ? [] : [['category', category]]), ['all', '']]
  for (const [subject = '', id = ''] of subjects)
    for (const store of [storeId, '']) {
      const found = book.get(placeText(kind, subject, id, store))?.find((rule) => appliesTo(rule, question))
      if (found !== undefined) return found
    }
  return undefined
}
