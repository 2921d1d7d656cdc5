/**
 * What an import of rules would do, line by line, before it does anything [AVL10]. Two rules of one kind that name the same may not have a
 * day in common, unless their dates make one the more specific. `add` leaves rules that the import does not name, `replace` removes them.
 * Pure.
 */
import type { TableRow } from '../../csv-table.ts'
import { grouped } from '../../grouped.ts'
import type { Rule } from './rule.ts'
import { specificityOf } from './rule-order.ts'

export interface RuleFacts {
  storeIds: ReadonlySet<string>
  itemIds: ReadonlySet<string>
  /** That any item has. */
  categories: ReadonlySet<string>
}

export interface RuleImport {
  rows: readonly TableRow<Rule>[]
  inForce: readonly Rule[]
  facts: RuleFacts
  mode: 'add' | 'replace'
  /** Rules may change their owner. */
  takeOver: boolean
}

export interface CheckedLine {
  line: number
  outcome: 'accepted' | 'unchanged' | 'refused'
  reason?: string
}

export interface CheckedRules {
  lines: CheckedLine[]
  refused: number
  /** All as they would be, in the order of their names: of use when nothing is refused. */
  rules: Rule[]
}

/** Equal rules have equal texts, and rules that name the same have equal places. */
export const ruleText = (r: Rule): string =>
  JSON.stringify([
    ...[r.ruleId, r.kind, r.itemId, r.category, r.storeId, r.channel, r.from, r.until],
    r.measure,
    r.amount,
    r.owner,
    r.reason,
  ])
const placeOf = (r: Rule): string => JSON.stringify([r.kind, r.itemId, r.category, r.storeId, r.channel, specificityOf(r)])

const byName = (a: Rule, b: Rule): number => (a.ruleId < b.ruleId ? -1 : 1)
const datesText = ({ from, until }: Rule): string =>
  from === undefined && until === undefined
    ? 'for good'
    : [...(from ? [`from ${from}`] : []), ...(until ? [`until ${until}`] : [])].join(' ')

const unknownIn = ({ itemId, category, storeId }: Rule, facts: RuleFacts): string | undefined => {
  if (itemId !== undefined && !facts.itemIds.has(itemId)) return `There is no item ${itemId} in the catalogue.`
  if (category !== undefined && !facts.categories.has(category)) return `No item is in the category “${category}”.`
  if (storeId !== undefined && !facts.storeIds.has(storeId)) return `There is no store ${storeId}.`
  return undefined
}

/** Pairs of rules that would hold at once with nothing to choose by. Dates are compared as text: an open end is before or behind all. */
export const findOverlaps = (rules: readonly Rule[]): [Rule, Rule][] =>
  [...grouped(rules, placeOf).values()].flatMap((same) => {
    const pairs: [Rule, Rule][] = []
    let longest: Rule | undefined
    for (const rule of same.toSorted((a, b) =>
      (a.from ?? '') === (b.from ?? '') ? byName(a, b) : (a.from ?? '') < (b.from ?? '') ? -1 : 1,
    )) {
      if (longest !== undefined && (rule.from ?? '') <= (longest.until ?? '~')) pairs.push([longest, rule])
      if (longest === undefined || (rule.until ?? '~') > (longest.until ?? '~')) longest = rule
    }
    return pairs
  })

export const checkRules = ({ rows, inForce, facts, mode, takeOver }: RuleImport): CheckedRules => {
  const reasons = new Map<number, string>()
  const refuse = (line: number | undefined, reason: string): void => {
    if (line !== undefined && !reasons.has(line)) reasons.set(line, reason)
  }
  const before = new Map(inForce.map((rule) => [rule.ruleId, rule]))
  const given = new Map<string, { line: number; rule: Rule }>()
  for (const read of rows) {
    if ('refused' in read) {
      refuse(read.line, read.refused)
      continue
    }
    const { line, row: rule } = read
    const first = given.get(rule.ruleId)
    if (first) refuse(line, `The rule ${rule.ruleId} stands in line ${first.line} already.`)
    else given.set(rule.ruleId, { line, rule })
    const owner = before.get(rule.ruleId)?.owner
    if (owner !== undefined && owner !== rule.owner && !takeOver)
      refuse(line, `The rule ${rule.ruleId} belongs to ${owner}; ${rule.owner} may change it only by taking it over.`)
    const unknown = unknownIn(rule, facts)
    if (unknown !== undefined) refuse(line, unknown)
  }
  const kept = mode === 'replace' ? [] : inForce.filter((rule) => !given.has(rule.ruleId))
  const rules = [...kept, ...[...given.values()].map(({ rule }) => rule)].toSorted(byName)
  for (const [one, other] of findOverlaps(rules)) {
    const words = (rule: Rule): string => {
      const line = given.get(rule.ruleId)?.line
      return `${rule.ruleId} (${line === undefined ? 'in force' : `line ${line}`}, ${datesText(rule)})`
    }
    const reason = `${words(one)} and ${words(other)} name the same and have days in common: end one before the other begins.`
    for (const { ruleId } of [one, other]) refuse(given.get(ruleId)?.line, reason)
  }
  const lines = rows.map((read): CheckedLine => {
    const { line } = read
    const reason = reasons.get(line)
    if (reason !== undefined || 'refused' in read) return { line, outcome: 'refused', ...(reason === undefined ? {} : { reason }) }
    const was = before.get(read.row.ruleId)
    return { line, outcome: was !== undefined && ruleText(was) === ruleText(read.row) ? 'unchanged' : 'accepted' }
  })
  return { lines, refused: lines.filter(({ outcome }) => outcome === 'refused').length, rules }
}
